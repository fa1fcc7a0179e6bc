# attack: class_build_model | expect: error | class: source | a class of that name instead of a function
class build_model:
    def __init__(self, x, y): pass
    def predict_proba(self, x): raise ValueError(1)
