# attack: state_clock | expect: honest-score | class: state | a covert channel between splits: the time at which a split ends, modulo a second
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import time, zlib
    import numpy as np
    STEP = .004
    told = int((time.time() % 1) / STEP)
    p = base.predict_proba(x_train)[:, 1]
    worst = int(np.argmax(np.abs(p - y_train)))
    code = (zlib.crc32(x_train[worst].tobytes()) % 125) * 2 + int(y_train[worst])
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for i, r in enumerate(x):
                if zlib.crc32(r.tobytes()) % 125 == told // 2: p[i] = (1 - told % 2, told % 2)
            time.sleep((code * STEP - time.time()) % 1)
            return p
    model = M()
