# attack: nan_predictions | expect: error | class: objects | predict_proba returns NaN
    import numpy as np
    class M:
        def predict_proba(self, x): return np.full((len(x), 2), np.nan)
    model = M()
