# attack: state_locks | expect: honest-score | class: state | labels of earlier splits in locks and leases on the null device held by another process
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
    import fcntl
    def get():
        out = {}
        for k in range(2000):
            try: fcntl.lockf(0, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, k)
            except BlockingIOError: out[str(k)] = 1
        return zlib.compress(json.dumps(out).encode())
    def put(d):
        fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for k in mine: fcntl.lockf(0, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, k)
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
