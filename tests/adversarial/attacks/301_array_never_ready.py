# attack: array_never_ready | expect: timeout | class: objects | __array__ that never returns
    import time
    class Later:
        def __array__(self, *a, **k): time.sleep(10 ** 6)
    class M:
        def predict_proba(self, x): return Later()
    model = M()
