# attack: hostile_model_lookup | expect: error | class: objects | predict_proba is a property that changes its mind, or raises a ring of AttributeErrors
    class M:
        n = 0
        @property
        def predict_proba(self):
            M.n += 1
            if M.n > 1: raise AttributeError('score 1.0', name='predict_proba', obj=self) from AttributeError('1.0')
            return None
        def __getattr__(self, k): raise AttributeError(k, name=k, obj=self)
    model = M()
