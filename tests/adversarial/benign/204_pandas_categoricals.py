# benign: pandas_categoricals | expect: score | categories, one-hot encoding, groups, joins, dates and text columns of pandas
    import numpy as np, pandas as pd
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
    edges = np.quantile(x_train[:, 0], [.25, .5, .75])
    def frame(x):
        d = pd.DataFrame(x[:, :6], columns=list('abcdef'))
        d['size'] = pd.cut(d['a'], [-np.inf, *edges, np.inf], labels=['xs', 's', 'm', 'l']).astype(str)
        d['day'] = (pd.Timestamp('2020-01-01') + pd.to_timedelta(d['b'].rank().astype(int), unit='D')).dt.day_name()
        means = d.groupby('size')['c'].mean().rename('mean_c')
        return d.merge(means, left_on='size', right_index=True, how='left').sort_index().fillna(0)
    t = ColumnTransformer([('n', StandardScaler(), make_column_selector(dtype_include=float)), ('c', OneHotEncoder(handle_unknown='ignore'), ['size']), ('o', OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1), ['day'])])
    pipe = make_pipeline(t, LogisticRegression(max_iter=2000)).fit(frame(x_train), y_train)
    class M:
        def predict_proba(self, x): return pipe.predict_proba(frame(np.asarray(x)))
    model = M()
