# attack: timers_for_others | expect: denied | class: signals | POSIX timers and asynchronous I/O that signal another thread
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os, struct
    event = ctypes.create_string_buffer(struct.pack('<Qiii', 0, 9, 4, os.getppid()), 64); timer = ctypes.c_int()
    done = [libc.syscall(222, 1, event, ctypes.byref(timer)), libc.syscall(206, 8, ctypes.byref(ctypes.c_ulong(0)))]
    if max(done) < 0: raise PermissionError('no timer')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
