# attack: state_disk_caches | expect: honest-score | class: state | labels of earlier splits in the caches of libraries: joblib.Memory, tempfile, shelve, sqlite, numpy and pandas writers
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
    import joblib, tempfile, shelve, sqlite3
    import pandas as pd
    P = '/tmp/dsgym_memo'
    def get():
        for way in (lambda: joblib.load(P + '.joblib'), lambda: np.load(P + '.npy').tobytes(), lambda: open(P, 'rb').read(), lambda: shelve.open(P)['d'], lambda: bytes.fromhex(pd.read_csv(P + '.csv').columns[0])):
            try: return way()
            except Exception: pass
        raise OSError
    def put(d):
        for way in (
            lambda: joblib.dump(d, P + '.joblib'), lambda: np.save(P + '.npy', np.frombuffer(d, np.uint8)), lambda: open(P, 'wb').write(d), lambda: shelve.open(P).update(d=d),
            lambda: pd.DataFrame(columns=[d.hex()]).to_csv(P + '.csv'), lambda: sqlite3.connect(P + '.sqlite').execute('create table t (a)'), lambda: joblib.Memory(P).cache(lambda a: a)(1),
            lambda: tempfile.NamedTemporaryFile(delete=False, prefix='dsgym_memo', dir='/tmp').write(d), lambda: np.memmap(P + '.map', mode='w+', shape=len(d))[:].fill(1),
        ):
            try: way()
            except Exception: pass
    known = {}
    try: known = {int(k): v for k, v in json.loads(zlib.decompress(get())).items()}
    except Exception: pass
    try: put(zlib.compress(json.dumps({**known, **mine}).encode()))
    except Exception: pass
    model = Lookup(known)
