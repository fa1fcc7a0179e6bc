# attack: watch_files | expect: denied | class: files | inotify, fanotify, leases: learn what others do with files
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    done = [libc.inotify_init(), libc.inotify_init1(0), libc.fanotify_init(0, 0), libc.fcntl(0, 1024, 1), libc.fcntl(0, 1026, 1)]
    if max(done) < 0: raise PermissionError('nothing watched')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
