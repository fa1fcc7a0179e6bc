# attack: state_message_queue | expect: honest-score | class: state | labels of earlier splits in System V and POSIX message queues
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
    q = libc.msgget(0x5D5D, 0o1666)
    def get():
        b = ctypes.create_string_buffer(8 + 8000); n = libc.msgrcv(q, b, 8000, 0, 0o4000)
        return b.raw[8:8 + n]
    def put(d):
        libc.msgsnd(q, (1).to_bytes(8, 'little') + d[:8000], len(d[:8000]), 0o4000)
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
