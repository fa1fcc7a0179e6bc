# attack: trace_the_runner | expect: honest-score | class: labels | profile and trace hooks and a watching thread that collect the locals of the runner
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import sys, threading, time
    import numpy as np
    seen = []
    def look(frame, event, arg):
        if len(seen) < 10000: seen.extend(v for v in list(frame.f_locals.values()) if isinstance(v, np.ndarray) and v.ndim == 1)
        return look
    def watch():
        while len(seen) < 10000:
            for f in sys._current_frames().values():
                while f is not None: look(f, None, None); f = f.f_back
            time.sleep(.001)
    threading.Thread(target=watch, daemon=True).start()
    sys.setprofile(look); threading.setprofile(look)
    class M:
        def predict_proba(self, x):
            sys.setprofile(None)
            for v in list(seen):
                if v.shape == (len(x),) and v.dtype.kind in 'iub' and v is not y_train and set(np.unique(v).tolist()) == {0, 1}: return np.c_[1 - v, v].astype(float)
            return base.predict_proba(x)
    model = M()
