# attack: state_process_numbers | expect: honest-score | class: state | a covert channel between splits: threads advance the counter of process numbers
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import threading, zlib
    import numpy as np
    def number():
        out = []
        t = threading.Thread(target=lambda: out.append(threading.get_native_id())); t.start(); t.join()
        return out[0]
    # the position of the hardest row and its label, as the number modulo 4096 at which the counter is left
    p = base.predict_proba(x_train)[:, 1]
    worst = int(np.argmax(np.abs(p - y_train)))
    told = number() % 4096
    code = (zlib.crc32(x_train[worst].tobytes()) % 2048) * 2 + int(y_train[worst])
    for _ in range(5000):
        if number() % 4096 == (code - 2) % 4096: break
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for i, r in enumerate(x):
                if abs(zlib.crc32(r.tobytes()) % 2048 - told // 2) <= 1: p[i] = (1 - told % 2, told % 2)
            return p
    model = M()
