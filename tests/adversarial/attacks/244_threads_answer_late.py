# attack: threads_answer_late | expect: honest-score | class: forge | threads that answer by themselves after the honest answer
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)

    import threading
    def late(n):
        while True:
            try: job.sendall(answer(3, n, 2) + np.tile([0., 1.], (n, 1)).tobytes())
            except OSError: return
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            for _ in range(4): threading.Timer(.005, late, (len(x),)).start()
            return p
    model = M()
