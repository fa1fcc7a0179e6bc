# benign: own_estimator | expect: score | a class derived from BaseEstimator and ClassifierMixin, cloned by a search, with dataclasses, enums and typing
    import abc, enum
    from dataclasses import asdict, dataclass
    from functools import cached_property, lru_cache, partial
    from typing import NamedTuple, Protocol
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, clone
    from sklearn.model_selection import GridSearchCV
    from sklearn.utils.validation import check_array, check_is_fitted, check_X_y
    class Kind(enum.Enum): L1 = 1; L2 = 2
    class Centre(NamedTuple): label: int; at: np.ndarray
    @dataclass(frozen=True)
    class Settings: kind: Kind = Kind.L2; width: float = 1.
    class NearestCentre(ClassifierMixin, BaseEstimator):
        def __init__(self, kind='L2', width=1.): self.kind, self.width = kind, width
        def fit(self, X, y):
            X, y = check_X_y(X, y); self.classes_ = np.unique(y); self.mu_, self.sd_ = X.mean(0), X.std(0) + 1e-9
            self.centres_ = [Centre(c, ((X[y == c] - self.mu_) / self.sd_).mean(0)) for c in self.classes_]; return self
        def predict_proba(self, X):
            check_is_fitted(self); z = (check_array(X) - self.mu_) / self.sd_
            d = np.stack([np.linalg.norm(z - c.at, ord=Kind[self.kind].value, axis=1) for c in self.centres_], 1)
            e = np.exp(-(d - d.min(1, keepdims=True)) / self.width); return e / e.sum(1, keepdims=True)
        def predict(self, X): return self.classes_[self.predict_proba(X).argmax(1)]
    settings = asdict(Settings())
    model = clone(GridSearchCV(NearestCentre(), {'kind': ['L1', 'L2'], 'width': [settings['width'], 5.]}, cv=3, scoring='roc_auc')).fit(x_train, y_train)
