# attack: state_remaining_time | expect: honest-score | class: state | a covert channel between splits: how much time the attempt has left, as the runner knows it
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import gc, resource, sys, time, zlib
    import numpy as np
    STEP = .001
    left = set()
    f = sys._getframe()
    while f is not None:
        for v in list(f.f_locals.values()):
            t = getattr(v, 'timeout_s', None)
            if isinstance(t, float): left.add(t)
        f = f.f_back
    left |= {o.timeout_s for o in gc.get_objects() if isinstance(getattr(type(o), '__dataclass_fields__', {}), dict) and 'timeout_s' in getattr(type(o), '__dataclass_fields__', {})}
    left |= {float(resource.getrlimit(resource.RLIMIT_CPU)[0])}
    t = max((t for t in left if t % 1), default=0.)
    told = int(round((-t % 4) / STEP)) if t else None
    p = base.predict_proba(x_train)[:, 1]
    worst = int(np.argmax(np.abs(p - y_train)))
    code = (zlib.crc32(x_train[worst].tobytes()) % 900) * 2 + int(y_train[worst])
    start = time.monotonic()
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            if told is not None:
                for i, r in enumerate(x):
                    if abs(zlib.crc32(r.tobytes()) % 900 - told // 2) <= 1: p[i] = (1 - told % 2, told % 2)
            time.sleep(max(0, start + code * STEP - time.monotonic()))
            return p
    model = M()
