# attack: complex_predictions | expect: error | class: objects | predict_proba returns complex numbers
    import numpy as np
    class M:
        def predict_proba(self, x): return np.full((len(x), 2), .5 + 0j)
    model = M()
