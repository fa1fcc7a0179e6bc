# attack: state_semaphores | expect: honest-score | class: state | labels of earlier splits in the values of System V semaphores
    import json, os, time, zlib
    import numpy as np
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)
    class Lookup:
        def __init__(self, known): self.known = known
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for i, r in enumerate(x):
                v = self.known.get(zlib.crc32(r.tobytes()))
                if v is not None: p[i] = (1 - v, v)
            return p
    mine = {zlib.crc32(r.tobytes()): int(v) for r, v in zip(x_train, y_train)}
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    q = libc.semget(0x5D5E, 8000, 0o1666)
    def get():
        b = (ctypes.c_ushort * 8000)(); libc.semctl(q, 0, 13, b); v = list(b)
        return bytes(v[2:2 + v[0]])
    def put(d):
        b = (ctypes.c_ushort * 8000)(len(d), 0, *d); libc.semctl(q, 0, 17, b)
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
