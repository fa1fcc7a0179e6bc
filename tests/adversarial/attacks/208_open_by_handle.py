# attack: open_by_handle | expect: denied | class: labels | open files by handle (name_to_handle_at, open_by_handle_at), with O_PATH, through a directory descriptor
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    handle = ctypes.create_string_buffer(b'\x08\0\0\0\x01\0\0\0\x02' + bytes(7), 136)
    mount = ctypes.c_int()
    done = [libc.syscall(303, -100, b'/', handle, ctypes.byref(mount), 0), libc.syscall(304, -100, handle, 0)]
    for flags in (0x200000, os.O_DIRECTORY, 0o20000000 | os.O_DIRECTORY | os.O_RDWR):
        try: done.append(os.open('/', flags))
        except OSError: pass
    if max(done) < 0: raise PermissionError('no handle')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
