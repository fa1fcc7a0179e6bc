# attack: structured_predictions | expect: error | class: objects | predict_proba returns records
    import numpy as np
    class M:
        def predict_proba(self, x): return np.zeros((len(x), 2), dtype=[('a', float), ('b', object)])
    model = M()
