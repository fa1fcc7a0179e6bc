# benign: multiclass_wrappers | expect: score | OneVsRest, OneVsOne, output codes and calibration
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import RidgeClassifier, SGDClassifier
    from sklearn.multiclass import OneVsRestClassifier, OutputCodeClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import RobustScaler
    OutputCodeClassifier(SGDClassifier(random_state=0), random_state=0, n_jobs=2).fit(x_train, y_train)
    model = make_pipeline(RobustScaler(), OneVsRestClassifier(CalibratedClassifierCV(RidgeClassifier(), cv=3, method='isotonic', n_jobs=-1), n_jobs=-1)).fit(x_train, y_train)
