"""Programs that the embedded tasks carry as floor, reference and strong solutions."""

from __future__ import annotations

FLOOR = """def build_model(x_train, y_train):
    from sklearn.dummy import DummyClassifier
    return DummyClassifier(strategy="prior").fit(x_train, y_train)"""

LINEAR = """def build_model(x_train, y_train):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(x_train, y_train)"""

RANDOM_FOREST = """def build_model(x_train, y_train):
    from sklearn.ensemble import RandomForestClassifier
    return RandomForestClassifier(n_estimators=100, random_state=0).fit(x_train, y_train)"""

GRADIENT_BOOSTING = """def build_model(x_train, y_train):
    from sklearn.ensemble import HistGradientBoostingClassifier
    return HistGradientBoostingClassifier(random_state=0).fit(x_train, y_train)"""

NEURAL_NETWORK = """def build_model(x_train, y_train):
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    network = MLPClassifier(hidden_layer_sizes=(100,), max_iter=1000, random_state=0)
    return make_pipeline(StandardScaler(), network).fit(x_train, y_train)"""

ONE_HOT_NEURAL_NETWORK = """def build_model(x_train, y_train):
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder
    network = MLPClassifier(hidden_layer_sizes=(100,), max_iter=1000, random_state=0)
    return make_pipeline(OneHotEncoder(), network).fit(x_train, y_train)"""

EXTRA_TREES = """def build_model(x_train, y_train):
    from sklearn.ensemble import ExtraTreesClassifier
    return ExtraTreesClassifier(n_estimators=100, random_state=0).fit(x_train, y_train)"""

EXTRA_TREES_300 = """def build_model(x_train, y_train):
    from sklearn.ensemble import ExtraTreesClassifier
    return ExtraTreesClassifier(n_estimators=300, random_state=0).fit(x_train, y_train)"""
