# attack: lock_memory | expect: denied | class: resources | pages that cannot be swapped out: mlock, mlockall, huge pages, secret memory
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    buffer = ctypes.create_string_buffer(1 << 22)
    done = [libc.mlockall(3), libc.mlock(buffer, 1 << 22), libc.syscall(325, buffer, 1 << 22, 1), libc.syscall(447, 0)]
    if max(done) < 0: raise PermissionError('not locked')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
