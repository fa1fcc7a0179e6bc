# attack: state_on_the_parent | expect: denied | class: state | the parent's niceness, affinity, limits, I/O priority and out-of-memory score as a memory
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os, resource
    parent = os.getppid()
    n = 0
    for act in (lambda: resource.prlimit(parent, resource.RLIMIT_CORE, (0, 0)), lambda: os.setpriority(os.PRIO_PROCESS, parent, 7), lambda: os.sched_setaffinity(parent, {0}), lambda: open(f'/proc/{parent}/oom_score_adj', 'w').write('7'), lambda: 1 / (1 + libc.syscall(251, 1, parent, 2 << 13 | 7))):
        try: act(); n += 1
        except (OSError, ValueError, ZeroDivisionError): pass
    if not n: raise PermissionError('nothing kept')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
