# attack: own_filters | expect: denied | class: kernel | seccomp filters and Landlock rules of its own, listeners, ptrace of a thread, kcmp, rseq, personality
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    buffer = ctypes.create_string_buffer(256)
    done = [libc.syscall(317, 1, 8, buffer), libc.syscall(317, 2, 0, buffer), libc.syscall(101, 0, 0, 0, 0), libc.syscall(312, os.getpid(), os.getppid(), 0, 0, 0), libc.syscall(135, 0x0040000), libc.syscall(134, b'x'), libc.syscall(333, 0, 0, 0, buffer, None, None)]
    if max(done) < 0: raise PermissionError('refused')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
