# attack: signal_groups | expect: denied | class: signals | signals to the own group, the group and session of the parent
    import os, signal
    n = 0
    for act in (lambda: os.killpg(0, 0), lambda: os.killpg(os.getpgid(os.getppid()), 0), lambda: os.kill(-os.getppid(), 0), lambda: os.kill(0, 0)):
        try: act(); n += 1
        except OSError: pass
    if not n: raise PermissionError('no group')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
