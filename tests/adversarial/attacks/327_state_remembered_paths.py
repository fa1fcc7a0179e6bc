# attack: state_remembered_paths | expect: honest-score | class: state | a covert channel between splits: paths that do not exist are answered faster once the kernel has looked for them
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import hashlib, os, time
    import numpy as np
    RUN = str(time.time_ns() // 10 ** 11)
    def names(r, reader): return ['/usr/lib/' + hashlib.md5(r.tobytes()).hexdigest() + f'{RUN}{reader}{i}' for i in range(12)]
    def look(p):
        t = time.perf_counter_ns()
        try: os.stat(p)
        except OSError: pass
        return time.perf_counter_ns() - t
    reader = int(np.random.get_state()[1][0]) % 7  # the seed tells the splits apart
    for r, v in zip(x_train, y_train):
        if v:
            for p in names(r, (reader + 1) % 7): look(p)
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for i in range(500): look('/usr/lib/warm')
            t = np.array([np.median([look(q) for q in names(r, reader)]) for r in x])
            known = t < np.quantile(t, .3)
            if np.median(t[known]) * 1.5 < np.median(t[~known]): p[known] = (0, 1)
            return p
    model = M()
