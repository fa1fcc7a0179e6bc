# attack: thread_stacks | expect: honest-score | class: resources | memory through the stacks of threads
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import threading
    threads = []
    try:
        threading.stack_size(256 << 20)
        for _ in range(1000):
            t = threading.Thread(target=threading.Event().wait, daemon=True); t.start(); threads.append(t)
    except (RuntimeError, MemoryError, ValueError): pass
    model = base
