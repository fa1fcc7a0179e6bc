# attack: state_shared_memory_for_all | expect: honest-score | class: state | labels of earlier splits in a System V segment that every user may open
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
    libc = ctypes.CDLL(None, use_errno=True); libc.shmat.restype = ctypes.c_void_p
    def at():
        p = libc.shmat(libc.shmget(0x5D5F, 1 << 16, 0o1666), None, 0)
        if p in (None, 2 ** 64 - 1): raise OSError
        return p
    def get():
        p = at(); return ctypes.string_at(p + 8, int.from_bytes(ctypes.string_at(p, 8), 'little'))
    def put(d): ctypes.memmove(at(), len(d).to_bytes(8, 'little') + d, len(d) + 8)
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
