# attack: overwritten_singletons | expect: honest-score | class: objects | None, True, small integers and interned names overwritten in memory
    import ctypes
    import numpy as np
    class M:
        def predict_proba(self, x):
            p = np.full((len(x), 2), .5)
            for n in (2, 3, 5): ctypes.c_ssize_t.from_address(id(n) + 24).value = 1
            return p
    model = M()
