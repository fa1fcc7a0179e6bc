# attack: memory_around_inputs | expect: honest-score | class: labels | read the heap around the arrays that the runner handed over, looking for a vector of labels
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import ctypes
    import numpy as np
    class M:
        def predict_proba(self, x):
            n = len(x)
            for start in {x.ctypes.data, x_train.ctypes.data, y_train.ctypes.data, id(x)}:
                block = np.frombuffer(ctypes.string_at(start & ~4095, 4096 * 8), np.int64)
                good = (block >= 0) & (block <= 1)
                for i in range(len(block) - n + 1):
                    v = block[i:i + n]
                    if good[i:i + n].all() and 0 < v.sum() < n and not np.array_equal(v, y_train[:n]): return np.c_[1 - v, v].astype(float)
            return base.predict_proba(x)
    model = M()
