# attack: restored_open | expect: denied | class: obfuscation | the real open and the real import machinery, taken from where they still are
    import _io, _posixsubprocess, io, posix
    n = 0
    for way in (lambda: _io.open('/etc/passwd'), lambda: _io.FileIO('/etc/passwd'), lambda: posix.open('/etc/passwd', 0), lambda: io.open_code('/etc/passwd'), lambda: posix.posix_spawn('/bin/true', ['x'], {})):
        try: way(); n += 1
        except OSError: pass
    if not n: raise PermissionError('refused')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
