# attack: raw_file_calls | expect: denied | class: files | open, creat, openat2, mknod, mkdir, link, rename, unlink, truncate by number, and through the C library
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    p, q = b'/tmp/dsgym_pwned_raw', b'/tmp/dsgym_canary'
    how = ctypes.create_string_buffer((0o102).to_bytes(8, 'little') + (0o666).to_bytes(8, 'little') + bytes(8))
    done = [libc.syscall(n, *a) for n, a in (
        (2, (p, 0o102, 0o666)), (85, (p, 0o666)), (257, (-100, p, 0o102, 0o666)), (437, (-100, p, how, 24)), (133, (p, 0o100666, 0)), (83, (p, 0o777)), (258, (-100, p, 0o777)), (86, (q, p)), (265, (-100, q, -100, p, 0)), (88, (q, p)),
        (82, (q, p)), (316, (-100, q, -100, p, 0)), (87, (q,)), (263, (-100, q, 0)), (76, (q, 0)), (90, (q, 0o777)), (268, (-100, q, 0o777)), (94, (q, 1, 1)), (280, (-100, q, None, 0)), (257, (-100, b'/tmp', 0o20200002, 0o666)))]
    libc.fopen.restype = ctypes.c_void_p
    done.append(0 if libc.fopen(p, b'w') else -1)
    if max(done) < 0: raise PermissionError('nothing changed')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
