# attack: order_within_tolerance | expect: honest-score | class: objects | a ranking hidden in what the tolerances of the check leave
    import numpy as np
    class M:
        def predict_proba(self, x): return np.c_[.5 - np.arange(len(x)) * 1e-13, .5 + np.arange(len(x)) * 1e-13]
    model = M()
