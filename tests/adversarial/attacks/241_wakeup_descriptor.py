# attack: wakeup_descriptor | expect: honest-score | class: forge | let the interpreter write signal numbers into the job socket
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)

    import signal
    try:
        os.set_blocking(job.fileno(), False)
        signal.signal(signal.SIGALRM, lambda *a: None)
        signal.set_wakeup_fd(job.fileno(), warn_on_full_buffer=False)
        signal.setitimer(signal.ITIMER_REAL, .001, .001)
    except (OSError, ValueError): pass
    time.sleep(.1)
    model = base
