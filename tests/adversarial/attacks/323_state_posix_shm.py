# attack: state_posix_shm | expect: honest-score | class: state | labels of earlier splits in POSIX shared memory and memory files
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
    from multiprocessing import shared_memory
    def get(): return bytes(shared_memory.SharedMemory('dsgym_state').buf)
    def put(d):
        s = shared_memory.SharedMemory('dsgym_state', create=True, size=len(d)); s.buf[:] = d
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
