# attack: default_leaves | expect: error | class: source | a default value that leaves
import os
def build_model(x_train, y_train, z=os._exit(0)):
    return None
