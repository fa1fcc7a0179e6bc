# attack: late_finalisers | expect: honest-score | class: objects | finalisers, weak references and atexit handlers that answer or hang at the end
    import atexit, os, time, weakref
    from sklearn.naive_bayes import GaussianNB
    class Slow(GaussianNB):
        def __del__(self):
            while True: time.sleep(1)
    model = Slow().fit(x_train, y_train)
    weakref.finalize(model, time.sleep, 10 ** 6)
    atexit.register(time.sleep, 10 ** 6)
