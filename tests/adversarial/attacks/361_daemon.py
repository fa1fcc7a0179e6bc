# attack: daemon | expect: denied | class: process | a daemon by two forks that writes a file later
    import os, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(1); open('/tmp/dsgym_pwned_daemon', 'w').close(); time.sleep(30)
        os._exit(0)
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
