# benign: whole_script | expect: score | a whole function with imports, helpers, annotations and a docstring
    import numpy as np

    def log_features(x):
        """Features and their logarithms."""
        return np.hstack([x, np.log1p(np.abs(x))])

    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler
    model = make_pipeline(FunctionTransformer(log_features), StandardScaler(), LogisticRegression(C=.3, max_iter=1000))
    model.fit(x_train, y_train)
    if __name__ == '__main__':
        print('trained', model)
    return model
