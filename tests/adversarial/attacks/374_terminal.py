# attack: terminal | expect: denied | class: kernel | ioctl on what is there: terminal input, controlling terminal, block devices, loop devices
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    done = [libc.ioctl(fd, ctypes.c_ulong(request), ctypes.byref(ctypes.c_char(b'x'))) for fd in range(8) for request in (0x5412, 0x540E, 0x5422, 0x541C, 0x5421, 0x8901, 0x8902, 0x4C80, 0x1268, 0xC0045877)]
    if max(done) < 0: raise PermissionError('no ioctl')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
