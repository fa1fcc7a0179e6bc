# benign: gaussian_process | expect: score | Gaussian process, nearest neighbours, kernel density, label spreading
    import numpy as np
    from sklearn.gaussian_process import GaussianProcessClassifier
    from sklearn.gaussian_process.kernels import RBF
    from sklearn.neighbors import KernelDensity, NearestNeighbors, RadiusNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler
    from sklearn.semi_supervised import LabelSpreading
    some = slice(None, None, 3)
    gp = make_pipeline(StandardScaler(), FunctionTransformer(lambda x: x[:, :10]), GaussianProcessClassifier(1. * RBF(3.), optimizer=None, random_state=0)).fit(x_train[some], y_train[some])
    scale = StandardScaler().fit(x_train); z = scale.transform(x_train)
    near = NearestNeighbors(n_neighbors=7, algorithm='ball_tree').fit(z); density = [KernelDensity(bandwidth=2.).fit(z[y_train == c]) for c in (0, 1)]
    spread = LabelSpreading(kernel='knn', n_neighbors=5).fit(z, np.where(np.arange(len(z)) % 2, y_train, -1))
    class M:
        def predict_proba(self, x):
            q = scale.transform(x); n = y_train[near.kneighbors(q)[1]].mean(1); d = 1 / (1 + np.exp(np.clip(density[0].score_samples(q) - density[1].score_samples(q), -50, 50)))
            p = (gp.predict_proba(x)[:, 1] + n + d + spread.predict_proba(q)[:, 1]) / 4; return np.column_stack([1 - p, p])
    model = M()
