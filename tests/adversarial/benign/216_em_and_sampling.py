# benign: em_and_sampling | expect: score | Monte Carlo: own EM, bootstrap, simulated annealing with random and numpy generators
    import math, random
    import numpy as np
    from scipy import stats
    rng = np.random.default_rng(); old = np.random.RandomState(0)
    mu, sd = x_train.mean(0), x_train.std(0) + 1e-9
    z = (x_train - mu) / sd
    def fit(i):
        m = [z[i][y_train[i] == c].mean(0) for c in (0, 1)]; s = np.cov(z[i].T) + .5 * np.eye(z.shape[1]); return np.linalg.solve(s, m[1] - m[0])
    w = np.mean([fit(rng.integers(0, len(z), len(z))) for _ in range(20)], axis=0)
    def score(w): return stats.mannwhitneyu((z @ w)[y_train == 1], (z @ w)[y_train == 0]).statistic
    best = score(w)
    for t in range(60):
        v = w + old.normal(scale=.05, size=len(w)); s = score(v)
        if s > best or random.random() < math.exp((s - best) * t / 10): w, best = v, s
    class M:
        def predict_proba(self, x): p = 1 / (1 + np.exp(-((x - mu) / sd) @ w)); return np.column_stack((1 - p, p))
    model = M()
