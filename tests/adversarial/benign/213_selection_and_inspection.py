# benign: selection_and_inspection | expect: score | feature selection, permutation importance, partial dependence, learning curves, own scorers
    import numpy as np
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_selection import RFECV, SelectFromModel, SelectKBest, SequentialFeatureSelector, VarianceThreshold, f_classif, mutual_info_classif
    from sklearn.inspection import partial_dependence, permutation_importance
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import classification_report, confusion_matrix, log_loss, make_scorer, roc_auc_score
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_predict, cross_validate, learning_curve, train_test_split, validation_curve
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler
    a, b, c, d = train_test_split(x_train, y_train, stratify=y_train, random_state=0)
    pipe = Pipeline([('v', VarianceThreshold()), ('s', StandardScaler()), ('k', SelectKBest(f_classif, k=12)), ('m', LogisticRegression(max_iter=500))]).fit(a, c)
    permutation_importance(pipe, b, d, n_repeats=2, random_state=0, n_jobs=2); partial_dependence(pipe, a, [0], grid_resolution=5); learning_curve(pipe, a, c, cv=2, n_jobs=2, train_sizes=[.5, 1.])
    mutual_info_classif(a[:, :4], c, random_state=0); RFECV(LogisticRegression(max_iter=300), step=10, cv=2, n_jobs=2).fit(StandardScaler().fit_transform(a), c)
    print(classification_report(d, pipe.predict(b)), confusion_matrix(d, pipe.predict(b)), cross_validate(pipe, a, c, cv=RepeatedStratifiedKFold(n_splits=2, n_repeats=1, random_state=0), scoring=['roc_auc', 'neg_log_loss'], n_jobs=-1))
    SelectFromModel(RandomForestClassifier(10, random_state=0, n_jobs=2)).fit(a, c)
    model = pipe.fit(x_train, y_train)
