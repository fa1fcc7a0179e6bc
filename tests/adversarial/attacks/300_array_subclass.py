# attack: array_subclass | expect: honest-score | class: objects | an ndarray whose shape, dtype and conversions lie
    import numpy as np
    class Lie(np.ndarray):
        shape = property(lambda s: (2 ** 62, 2)); dtype = property(lambda s: np.dtype(object)); nbytes = property(lambda s: 0)
        def __array__(self, *a, **k): return np.full((10 ** 3, 2), .5)
        def __array_finalize__(self, o): pass
        def __array_ufunc__(self, *a, **k): return 1.0
    class M:
        def predict_proba(self, x): return np.full((len(x), 2), .5).view(Lie)
    model = M()
