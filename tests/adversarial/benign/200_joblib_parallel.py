# benign: joblib_parallel | expect: score | joblib.Parallel with processes and threads asked for
    from joblib import Parallel, delayed
    from sklearn.naive_bayes import GaussianNB
    from sklearn.tree import DecisionTreeClassifier
    fit = delayed(lambda m: m.fit(x_train, y_train))
    models = Parallel(n_jobs=2)(fit(m) for m in (GaussianNB(), DecisionTreeClassifier(max_depth=3, random_state=0)))
    models += Parallel(n_jobs=-1, prefer='threads')(fit(m) for m in (GaussianNB(),)) + Parallel(n_jobs=2, backend='multiprocessing')(fit(m) for m in (GaussianNB(),))
    class Mean:
        def predict_proba(self, x): return sum(m.predict_proba(x) for m in models) / len(models)
    model = Mean()
