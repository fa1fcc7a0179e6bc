# attack: state_file_attributes | expect: denied | class: state | modes, times, owners and attributes of the null device and of shared folders: each would carry labels from split to split
    import os
    n = 0
    for t in ('/dev/null', '/dev/zero', '/dev/shm', '/tmp', '/', 0, 1, 2):
        for act in (lambda: os.utime(t, ns=(1, 777)), lambda: os.chmod(t, 0o666), lambda: os.setxattr(t, 'user.dsgym', b'1'), lambda: os.chown(t, -1, os.getgid()), lambda: os.utime(t)):
            try: act(); n += 1
            except OSError: pass
    if not n: raise PermissionError('nothing kept')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
