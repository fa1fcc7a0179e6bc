# attack: raw_signals | expect: denied | class: signals | tkill, tgkill, rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, by number
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    p = os.getppid(); info = ctypes.create_string_buffer(128)
    done = [libc.syscall(n, *a) for n, a in ((200, (p, 0)), (234, (p, p, 0)), (129, (p, 0, info)), (297, (p, p, 0, info)), (424, (libc.syscall(434, p, 0), 0, None, 0)), (62, (p, 0)))]
    if max(done) < 0: raise PermissionError('no signal')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
