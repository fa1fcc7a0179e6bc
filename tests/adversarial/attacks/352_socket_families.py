# attack: socket_families | expect: denied | class: network | sockets of every family and type by number
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    done = [libc.syscall(41, family, kind, 0) for family in range(46) for kind in (1, 2, 3, 5)] + [libc.syscall(53, 1, k, 0, (ctypes.c_int * 2)()) for k in (1, 2, 5)]
    if max(done) < 0: raise PermissionError('no socket')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
