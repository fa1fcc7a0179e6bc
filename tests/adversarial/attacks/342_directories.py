# attack: directories | expect: denied | class: files | list, enter and leave directories
    import glob, os, pathlib
    n = 0
    for way in (lambda: os.listdir('/'), lambda: list(os.scandir('.')), lambda: os.chdir('/tmp'), lambda: os.fchdir(0), lambda: list(pathlib.Path('/').iterdir()), lambda: os.chroot('/'), lambda: glob.glob('/*')[0], lambda: next(os.walk('/'))):
        try: way(); n += 1
        except (OSError, IndexError, StopIteration): pass
    if not n: raise PermissionError('no directory')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
