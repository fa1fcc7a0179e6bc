# attack: module_leaves | expect: error | class: source | code before the function that leaves
import os
os._exit(0)
def build_model(x_train, y_train):
    return None
