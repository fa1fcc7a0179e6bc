# benign: own_optimiser | expect: score | a model fitted with scipy.optimize, scipy.special and numpy.linalg
    import numpy as np
    from scipy.linalg import cho_factor, cho_solve
    from scipy.optimize import minimize
    from scipy.special import expit, log_expit
    mu, sd = x_train.mean(0), x_train.std(0) + 1e-9
    def f(x): return np.c_[np.ones(len(x)), (x - mu) / sd]
    a, s = f(x_train), 2 * y_train - 1
    def loss(w): return -log_expit(s * (a @ w)).sum() + .5 * w @ w
    def slope(w): return -a.T @ (s * expit(-s * (a @ w))) + w
    w0 = cho_solve(cho_factor(a.T @ a + np.eye(a.shape[1])), a.T @ s)
    w = minimize(loss, w0, jac=slope, method='L-BFGS-B').x
    class M:
        def predict_proba(self, x): p = expit(f(x) @ w); return np.stack([1 - p, p], 1)
    model = M()
