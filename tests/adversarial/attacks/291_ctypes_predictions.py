# attack: ctypes_predictions | expect: honest-score | class: objects | an array of ctypes, a memoryview, nested views
    import numpy as np
    import ctypes
    class M:
        def predict_proba(self, x): return (ctypes.c_double * 2 * len(x))(*[(.5, .5)] * len(x))
    model = M()
