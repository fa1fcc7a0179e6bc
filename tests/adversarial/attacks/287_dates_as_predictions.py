# attack: dates_as_predictions | expect: error | class: objects | predict_proba returns times
    import numpy as np
    class M:
        def predict_proba(self, x): return np.zeros((len(x), 2), 'datetime64[ns]')
    model = M()
