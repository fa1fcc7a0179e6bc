# attack: long_double_overflow | expect: error | class: objects | numbers that are finite only in extended precision
    import numpy as np
    class M:
        def predict_proba(self, x): return np.full((len(x), 2), np.longdouble('1e4000'))
    model = M()
