# attack: fill_by_descriptor | expect: denied | class: resources | fallocate, ftruncate, sendfile, splice, copy_file_range, vmsplice on the descriptors that are there
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    done = [libc.syscall(n, *a) for fd in range(4) for n, a in ((285, (fd, 0, 0, 1 << 30)), (77, (fd, 1 << 30)), (40, (fd, 0, None, 1 << 20)), (275, (0, None, fd, None, 1 << 20, 0)), (326, (0, None, fd, None, 1 << 20, 0)), (187, (fd, 0, 1 << 20)))]
    if max(done) < 0: raise PermissionError('nothing filled')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
