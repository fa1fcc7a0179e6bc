# attack: object_predictions_bomb | expect: error | class: resources | predictions of hundreds of millions of objects
    class Row(list):
        def __len__(self): return 10 ** 9
    class M:
        def predict_proba(self, x): return [[.5] * 10 ** 5 for _ in range(10 ** 6)]
    model = M()
