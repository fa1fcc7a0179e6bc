# attack: prctl | expect: denied | class: signals | take back what was set by prctl: parent-death signal, dumpable, subreaper, tracer, securebits, speculation
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    done = [libc.prctl(o, *[ctypes.c_ulong(v) for v in a]) for o, a in ((1, (0, 0, 0, 0)), (4, (1, 0, 0, 0)), (36, (0, 0, 0, 0)), (0x59616d61, (2 ** 64 - 1, 0, 0, 0)), (8, (1, 0, 0, 0)), (28, (1, 0, 0, 0)), (24, (0, 0, 0, 0)), (35, (1, 0, 0, 0)), (22, (1, 0, 0, 0)), (47, (2, 0, 0, 0)))]
    if max(done) < 0: raise PermissionError('no prctl')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
