# attack: no_rows | expect: error | class: objects | predict_proba returns an array without rows
    import numpy as np
    class M:
        def predict_proba(self, x): return np.empty((0, 2))
    model = M()
