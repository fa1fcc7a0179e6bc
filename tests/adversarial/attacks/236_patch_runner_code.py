# attack: patch_runner_code | expect: honest-score | class: forge | replace the code of every function of the runner, found by gc, by one that claims success
    import gc, types
    import numpy as np
    class M:
        def predict_proba(self, x):
            p = np.full((len(x), 2), .5)
            for f in gc.get_objects():
                if type(f) is types.FunctionType and str(f.__module__).startswith('ds_gym'):
                    try: f.__code__ = (lambda *a, **k: p).__code__
                    except ValueError: pass
            return p
    model = M()
