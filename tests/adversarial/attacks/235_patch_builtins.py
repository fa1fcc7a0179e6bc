# attack: patch_builtins | expect: honest-score | class: forge | replace the builtins once the model is asked
    import builtins
    import numpy as np
    class M:
        def predict_proba(self, x):
            n = len(x)
            for k in ('len', 'isinstance', 'min', 'max', 'sum', 'range', 'tuple', 'type', 'getattr', 'str', 'callable', 'print', 'open', 'sorted', 'memoryview', 'bytearray', 'bytes'):
                setattr(builtins, k, lambda *a, **kw: 1)
            return np.full((n, 2), .5)
    model = M()
