# attack: name_spaces | expect: denied | class: kernel | setns, unshare of each kind, mounts old and new, pivot_root, chroot
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    done = [libc.unshare(f) for f in (0x80, 0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x10020000)]
    done += [libc.syscall(n, *a) for n, a in ((308, (3, 0)), (165, (b'none', b'/tmp', b'tmpfs', 0, None)), (166, (b'/tmp', 0)), (155, (b'/', b'/')), (161, (b'/tmp',)), (428, (-100, b'/', 1)), (429, (-1, b'', -100, b'/tmp', 4)), (430, (b'tmpfs', 0)), (432, (0, 0)), (442, (-100, b'/', 0, 0, 0)))]
    if max(done) < 0: raise PermissionError('no name space')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
