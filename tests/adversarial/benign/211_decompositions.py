# benign: decompositions | expect: score | PCA, ICA, NMF, kernel methods, manifold features
    import numpy as np
    from sklearn.cross_decomposition import PLSRegression
    from sklearn.decomposition import FastICA, KernelPCA, NMF, PCA, TruncatedSVD
    from sklearn.kernel_approximation import Nystroem, RBFSampler
    from sklearn.linear_model import LogisticRegression
    from sklearn.manifold import Isomap, LocallyLinearEmbedding
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import MinMaxScaler, PowerTransformer, QuantileTransformer
    parts = make_union(PCA(5, random_state=0), FastICA(3, random_state=0, max_iter=500, tol=1e-2), KernelPCA(3, kernel='rbf'), NMF(3, random_state=0, max_iter=300), Nystroem(n_components=20, random_state=0), RBFSampler(n_components=20, random_state=0), TruncatedSVD(2, random_state=0), Isomap(n_components=2), n_jobs=2)
    model = make_pipeline(MinMaxScaler(clip=True), parts, QuantileTransformer(n_quantiles=50, random_state=0), LogisticRegression(max_iter=500)).fit(x_train, y_train)
