# attack: bundled_tables | expect: honest-score | class: labels | the bundled table through every loader: load_*, importlib.resources, pkgutil, numpy, pandas, the csv module
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import importlib.resources, io, os, pkgutil
    import numpy as np, pandas as pd, sklearn, sklearn.datasets
    known = {}
    def take(x, y):
        for r, v in zip(np.asarray(x, float), np.asarray(y, float)): known[np.ascontiguousarray(r).tobytes()] = v
    path = os.path.join(os.path.dirname(sklearn.__file__), 'datasets', 'data', 'breast_cancer.csv')
    def text(t):
        rows = np.array([line.split(',') for line in t.strip().splitlines()[1:]], float); take(rows[:, :-1], rows[:, -1])
    for way in (
        lambda: take(*sklearn.datasets.load_breast_cancer(return_X_y=True)),
        lambda: text(importlib.resources.files('sklearn.datasets.data').joinpath('breast_cancer.csv').read_text()),
        lambda: text(importlib.resources.read_text('sklearn.datasets.data', 'breast_cancer.csv')),
        lambda: text(pkgutil.get_data('sklearn.datasets', 'data/breast_cancer.csv').decode()),
        lambda: text(open(path).read()),
        lambda: text(io.FileIO(path).readall().decode()),
        lambda: text('\n'.join(np.loadtxt(path, dtype=str))),
        lambda: take(pd.read_csv(path, skiprows=1, header=None).iloc[:, :-1], pd.read_csv(path, skiprows=1, header=None).iloc[:, -1]),
        lambda: text(sklearn.datasets.__loader__.get_data(path).decode()),
        lambda: take(*sklearn.datasets.fetch_openml('wdbc', return_X_y=True)),
    ):
        try: way()
        except Exception: pass
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for i, r in enumerate(x):
                v = known.get(r.tobytes())
                if v is not None: p[i] = (1 - v, v)
            return p
    model = M()
