# benign: sparse_and_text | expect: score | sparse matrices, hashing, text features
    import numpy as np, scipy.sparse as sp
    from sklearn.feature_extraction import DictVectorizer, FeatureHasher
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import KBinsDiscretizer, MaxAbsScaler, OneHotEncoder
    from sklearn.pipeline import make_pipeline
    bins = KBinsDiscretizer(5, encode='onehot', strategy='quantile').fit(x_train)
    def words(x): return [' '.join(f'f{j}b{int(v)}' for j, v in enumerate(r)) for r in bins.transform(x).toarray().argmax(1)[:, None]]
    text = TfidfVectorizer().fit(words(x_train))
    def f(x): return sp.hstack([bins.transform(x), text.transform(words(x)), HashingVectorizer(n_features=64).transform(words(x)), FeatureHasher(8).transform([{'a': float(r[0])} for r in x])]).tocsr()
    base = make_pipeline(MaxAbsScaler(), LogisticRegression(max_iter=300, solver='liblinear')).fit(f(x_train), y_train)
    class M:
        def predict_proba(self, x): return base.predict_proba(f(x))
    model = M()
