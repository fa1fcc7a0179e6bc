# attack: executors | expect: denied | class: process | process pools of the standard library and spawned interpreters
    import concurrent.futures, multiprocessing as mp
    n = 0
    for way in (lambda: concurrent.futures.ProcessPoolExecutor(1).submit(abs, -1).result(5), lambda: mp.get_context('spawn').Pool(1).map(abs, [-1]), lambda: mp.get_context('forkserver').Process(target=abs, args=(1,)).start(), lambda: mp.Manager()):
        try: way(); n += 1
        except Exception: pass
    if not n: raise PermissionError('no pool')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
