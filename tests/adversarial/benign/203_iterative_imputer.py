# benign: iterative_imputer | expect: score | imputers, among them the experimental ones behind their import
    import numpy as np
    from sklearn.experimental import enable_iterative_imputer, enable_halving_search_cv
    from sklearn.impute import IterativeImputer, KNNImputer, MissingIndicator
    from sklearn.linear_model import BayesianRidge, LogisticRegression
    from sklearn.model_selection import HalvingGridSearchCV
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.preprocessing import StandardScaler
    x = x_train[:, :8].copy(); x[::17, 2] = np.nan; x[::13, 5] = np.nan
    pipe = make_pipeline(make_union(IterativeImputer(BayesianRidge(), max_iter=3, random_state=0), KNNImputer(), MissingIndicator(features='all')), StandardScaler(), LogisticRegression(max_iter=500))
    search = HalvingGridSearchCV(pipe, {'logisticregression__C': [.1, 1.]}, cv=2, random_state=0, min_resources=60).fit(x, y_train)
    class M:
        def predict_proba(self, x): return search.predict_proba(x[:, :8])
    model = M()
