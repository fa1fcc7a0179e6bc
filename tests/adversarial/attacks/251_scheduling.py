# attack: scheduling | expect: denied | class: signals | real-time priority, niceness and processors of the parent, or of all of a user's processes
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    n = 0
    for act in (
        lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)), lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19), lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19),
        lambda: os.sched_setaffinity(os.getppid(), {0}), lambda: os.nice(-5), lambda: 1 / (1 + libc.syscall(251, 1, os.getppid(), 3 << 13)), lambda: 1 / (1 + libc.syscall(314, 0, ctypes.create_string_buffer(48), 0)),
    ):
        try: act(); n += 1
        except (OSError, OverflowError, ZeroDivisionError): pass
    if not n: raise PermissionError('no scheduling')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
