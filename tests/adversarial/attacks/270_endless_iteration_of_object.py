# attack: endless_iteration_of_object | expect: timeout | class: resources | a sequence without an end as predictions
    class Rows:
        def __len__(self): return 2 ** 40
        def __getitem__(self, i): return [.5, .5]
    class M:
        def predict_proba(self, x):
            import numpy as np
            for i in range(10 ** 12): Rows()[i]
    model = M()
