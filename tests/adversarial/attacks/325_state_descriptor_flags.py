# attack: state_descriptor_flags | expect: honest-score | class: state | labels of earlier splits in offsets and status flags of descriptors that workers share
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
    def bits():
        for fd in range(3):
            for flag in (os.O_APPEND, os.O_NONBLOCK, 0o20000, 0o40000, 0o1000000): yield fd, flag
    def get():
        v = sum(bool(fcntl.fcntl(fd, fcntl.F_GETFL) & flag) << i for i, (fd, flag) in enumerate(bits()))
        o = [os.lseek(fd, 0, os.SEEK_CUR) for fd in range(3)]
        if any(o): return zlib.compress(json.dumps({str(k): 1 for k in o if k}).encode())
        raise OSError
    def put(d):
        ones = [k for k, v in mine.items() if v]
        for fd in range(3):
            try: os.lseek(fd, ones[fd], os.SEEK_SET)
            except OSError: pass
            try: fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_APPEND | os.O_NONBLOCK)
            except OSError: pass
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
