# attack: strided_bomb | expect: error | class: objects | a zero-stride view of ten billion rows, lazily
    import numpy as np
    class M:
        def predict_proba(self, x): return np.lib.stride_tricks.as_strided(np.array([.5]), (10 ** 10, 2), (0, 0))
    model = M()
