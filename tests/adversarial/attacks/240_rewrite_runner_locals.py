# attack: rewrite_runner_locals | expect: honest-score | class: forge | write to the local variables of the calling frames (n_classes, x_eval, source, sockets)
    import ctypes, sys
    import numpy as np
    class M:
        def predict_proba(self, x):
            f = sys._getframe(1)
            while f is not None:
                for k in list(f.f_locals):
                    if k in ('n_classes', 'expected', 'source', 'seed'):
                        f.f_locals[k] = 1
                        ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(f), ctypes.c_int(0))
                f = f.f_back
            return np.full((len(x), 2), .5)
    model = M()
