# benign: odd_outputs | expect: score | float32 probabilities, a list of lists, a data frame, columns from classes_
    import numpy as np, pandas as pd
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)
    class M:
        calls = 0
        def predict_proba(self, x):
            p = base.predict_proba(x).astype(np.float32)
            kind = int(x_train.sum()) % 4
            return [p, p.tolist(), pd.DataFrame(p, columns=base.classes_), np.asfortranarray(p)][kind]
    model = M()
