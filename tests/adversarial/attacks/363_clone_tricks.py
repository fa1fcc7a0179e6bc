# attack: clone_tricks | expect: denied | class: process | clone with odd flags: a thread in new name spaces, a sibling of the parent, vfork, a process that shares memory
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    flags = (0x10000 | 0x800 | 0x100 | 0x10000000, 0x10000 | 0x20000, 0x8000 | 17, 0x100 | 0x4000 | 17, 0x20000000 | 17, 0x100 | 17, 0x02000000 | 17, 0x80 | 0x10000 | 0x800 | 0x100)
    done = []
    for f in flags:
        r = libc.syscall(56, f, 0, 0, 0, 0)
        if r == 0: libc._exit(0)
        done.append(r)
    if max(done) < 0: raise PermissionError('no clone')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
