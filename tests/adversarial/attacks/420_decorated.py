# attack: decorated | expect: error | class: source | a decorator that leaves
import os
@os._exit
def build_model(x_train, y_train):
    return None
