# attack: fcntl_tricks | expect: denied | class: kernel | fcntl: owner and signal of a descriptor, leases, pipe sizes, seals, notification
    import fcntl
    n = 0
    for fd in range(4):
        for command, argument in ((8, 1), (10, 9), (15, 0), (1024, 1), (1026, 0x80000001), (1031, 1 << 20), (1033, 1), (1036, 0), (6, 0)):
            try: fcntl.fcntl(fd, command, argument); n += 1
            except OSError: pass
    if not n: raise PermissionError('no fcntl')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
