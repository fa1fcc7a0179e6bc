# attack: sums_off | expect: error | class: objects | rows that sum to 1.01
    import numpy as np
    class M:
        def predict_proba(self, x): return np.full((len(x), 2), .505)
    model = M()
