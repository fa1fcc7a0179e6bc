# attack: too_many_rows | expect: error | class: objects | predict_proba returns more rows than it was asked for
    import numpy as np
    class M:
        def predict_proba(self, x): return np.full((len(x) + 1, 2), .5)
    model = M()
