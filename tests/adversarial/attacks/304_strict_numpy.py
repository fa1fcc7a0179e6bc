# attack: strict_numpy | expect: honest-score | class: objects | numpy told to raise on everything, print functions of its own, warnings as errors
    import warnings
    import numpy as np
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            np.seterr(all='raise'); np.set_printoptions(formatter={'all': lambda v: 1 / 0}); warnings.simplefilter('error')
            return p
    model = M()
