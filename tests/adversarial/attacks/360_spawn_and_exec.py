# attack: spawn_and_exec | expect: denied | class: process | posix_spawn, exec in place, execveat, pty, popen
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os, signal
    n = 0
    for way in (lambda: os.posix_spawn('/bin/true', ['true'], {}), lambda: os.popen('true').read(), lambda: os.forkpty()[0] or os._exit(0), lambda: os.openpty(), lambda: os.execv('/bin/true', ['true']), lambda: os.spawnv(os.P_NOWAIT, '/bin/true', ['true'])):
        try: way(); n += 1
        except OSError: pass
    if libc.syscall(322, -100, b'/bin/true', None, None, 0) < 0 and libc.system(b'true') != 0 and not n: raise PermissionError('no process')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
