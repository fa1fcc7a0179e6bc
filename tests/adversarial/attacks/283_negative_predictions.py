# attack: negative_predictions | expect: error | class: objects | rows sum to one, values are negative
    import numpy as np
    class M:
        def predict_proba(self, x): return np.c_[np.full(len(x), -1.), np.full(len(x), 2.)]
    model = M()
