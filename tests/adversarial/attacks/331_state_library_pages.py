# attack: state_library_pages | expect: honest-score | class: state | a covert channel between splits: pages of mapped libraries dropped from and read into the page cache (madvise, page faults)
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import ctypes, hashlib, resource, time
    import numpy as np
    libc = ctypes.CDLL(None, use_errno=True)
    import numpy.linalg, scipy.linalg.cython_lapack, ctypes.util
    anchor = ctypes.cast(ctypes.CDLL(None).qsort, ctypes.c_void_p).value & ~4095
    SPAN = 64
    def faults(): return resource.getrusage(resource.RUSAGE_SELF).ru_majflt
    def page(r): return anchor + 4096 * (int(hashlib.md5(r.tobytes()).hexdigest(), 16) % SPAN)
    done = 0
    for r, v in zip(x_train, y_train):
        if v:
            for advice in (21, 20, 3, 4): done += libc.madvise(ctypes.c_void_p(page(r)), 4096, advice) == 0 and advice in (21, 3)
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for i, r in enumerate(x):
                n = faults(); t = time.perf_counter(); ctypes.string_at(page(r), 1)
                if faults() > n: p[i] = (0, 1)
            return p if not done else np.c_[p[:, 1] * 0 + .5, p[:, 1] * 0 + .5]
    model = M()
