# attack: machine | expect: denied | class: kernel | what only root may: reboot, clocks, ports, modules, kexec, swap, hostname, quotas, accounting, log
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    buffer = ctypes.create_string_buffer(256)
    done = [libc.syscall(n, *a) for n, a in ((164, (buffer, None)), (227, (0, buffer)), (159, (buffer,)), (172, (3,)), (173, (0, 1, 1)), (175, (buffer, 0, b'')), (246, (0, 0, None, 0)), (320, (-1, -1, 0, b'', 0)), (167, (b'/tmp/x', 0)), (170, (b'x', 1)), (171, (b'x', 1)), (163, (None,)), (103, (3, buffer, 9)), (179, (0, None, 0, buffer)), (153, ()), (304, (-1, buffer, 0)), (212, (0, 0, buffer)))]
    if max(done) < 0: raise PermissionError('only root may')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
