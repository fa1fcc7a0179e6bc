# attack: fork_bomb | expect: denied | class: resources | fork for ever
    import os
    pids = []
    for _ in range(200):
        pid = os.fork()
        if pid == 0:
            import time; time.sleep(100); os._exit(0)
        pids.append(pid)
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
