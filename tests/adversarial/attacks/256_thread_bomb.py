# attack: thread_bomb | expect: honest-score | class: resources | threads until no more start, all kept alive
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import threading
    stop = threading.Event()
    threads = []
    try:
        while len(threads) < 5000:
            t = threading.Thread(target=stop.wait, daemon=True); t.start(); threads.append(t)
    except (RuntimeError, MemoryError): pass
    model = base
