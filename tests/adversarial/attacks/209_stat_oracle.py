# attack: stat_oracle | expect: denied | class: labels | learn of files without opening them: stat, access, readlink, statfs, realpath
    import os, pathlib
    n = 0
    for f in (os.stat, os.lstat, os.readlink, os.statvfs, os.listxattr, lambda p: os.access(p, os.F_OK) or 1 / 0, lambda p: pathlib.Path(p).resolve(strict=True), lambda p: os.path.exists(p) or 1 / 0):
        for p in ('/etc/passwd', '/proc/1/exe', '/proc/self/exe', '/tmp', '/root'):
            try: f(p); n += 1
            except (OSError, ZeroDivisionError): pass
    if not n: raise PermissionError('no trace of a file')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
