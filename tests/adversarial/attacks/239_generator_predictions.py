# attack: generator_predictions | expect: error | class: forge | predict_proba is a generator
    class M:
        def predict_proba(self, x):
            yield from ([.5, .5] for _ in x)
    model = M()
