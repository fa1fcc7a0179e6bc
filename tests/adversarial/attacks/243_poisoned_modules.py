# attack: poisoned_modules | expect: honest-score | class: forge | sys.modules, import hooks and sys.meta_path replaced by objects of the program
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import sys
    class Any:
        def __getattr__(self, k): return Any()
        def __call__(self, *a, **k): return Any()
        def __iter__(self): return iter(())
    class Finder:
        @staticmethod
        def find_spec(*a): raise SystemExit(0)
    class M:
        def predict_proba(self, x):
            p = base.predict_proba(x)
            sys.meta_path.insert(0, Finder)
            for k in ('struct', 'socket', 'os', 'unicodedata', 'difflib', 're', 'inspect'): sys.modules[k] = Any()
            return p
    model = M()
