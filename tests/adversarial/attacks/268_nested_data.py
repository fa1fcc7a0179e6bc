# attack: nested_data | expect: error | class: resources | a list nested a million deep given to repr, json, pickle, deepcopy, numpy
    import copy, json, pickle
    import numpy as np
    deep = []
    for _ in range(10 ** 6): deep = [deep]
    for f in (repr, json.dumps, pickle.dumps, copy.deepcopy, hash, np.array):
        try: f(deep)
        except (RecursionError, TypeError, ValueError, MemoryError): pass
    raise ValueError('still here')
