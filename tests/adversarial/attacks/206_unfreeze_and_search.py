# attack: unfreeze_and_search | expect: honest-score | class: labels | gc.unfreeze, then search all objects, also by referrers, for vectors as long as the evaluation rows
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import gc
    import numpy as np
    gc.unfreeze()
    class M:
        def predict_proba(self, x):
            for o in gc.get_objects() + gc.get_referrers(x):
                for v in (o.values() if type(o) is dict else o if type(o) in (list, tuple) else ()):
                    try:
                        if isinstance(v, np.ndarray) and v.shape == (len(x),) and v is not y_train and set(np.unique(v).tolist()) == {0, 1}: return np.c_[1 - v, v].astype(float)
                    except Exception: pass
            return base.predict_proba(x)
    model = M()
