# attack: stop_itself | expect: denied | class: signals | SIGSTOP to oneself, so that nobody can tell a stopped process from a slow one
    import os, signal
    os.kill(os.getpid(), signal.SIGSTOP)
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
