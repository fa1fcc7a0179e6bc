# benign: many_models | expect: score | one fit of many kinds of classifiers, averaged
    import numpy as np
    from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier, ExtraTreesClassifier, GradientBoostingClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegressionCV, PassiveAggressiveClassifier, Perceptron, RidgeClassifierCV, SGDClassifier
    from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
    from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
    from sklearn.neural_network import BernoulliRBM
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler, SplineTransformer
    from sklearn.svm import SVC, LinearSVC, NuSVC
    from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier, export_text
    kinds = [AdaBoostClassifier(n_estimators=10), BaggingClassifier(n_estimators=5, n_jobs=2), ExtraTreesClassifier(20, n_jobs=-1), GradientBoostingClassifier(n_estimators=10), HistGradientBoostingClassifier(max_iter=10, early_stopping=True), RandomForestClassifier(20, oob_score=True),
        make_pipeline(MinMaxScaler(), LogisticRegressionCV(Cs=3, cv=2, max_iter=300, n_jobs=2)), SGDClassifier(loss='log_loss'), BernoulliNB(), GaussianNB(), make_pipeline(MinMaxScaler(clip=True), ComplementNB()), make_pipeline(MinMaxScaler(clip=True), MultinomialNB()), KNeighborsClassifier(9, weights='distance'),
        make_pipeline(MinMaxScaler(), SplineTransformer(4), LogisticRegressionCV(Cs=2, cv=2, max_iter=300)), DecisionTreeClassifier(max_depth=4), ExtraTreeClassifier(max_depth=5)]
    export_text(kinds[-2].fit(x_train, y_train))
    fitted = [k.fit(x_train, y_train) for k in kinds]
    class M:
        def predict_proba(self, x): return np.mean([m.predict_proba(x) for m in fitted], axis=0)
    model = M()
