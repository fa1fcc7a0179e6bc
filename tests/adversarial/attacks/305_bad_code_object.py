# attack: bad_code_object | expect: error | class: objects | a function made of invalid bytecode
    f = lambda: 0
    f.__code__ = f.__code__.replace(co_code=bytes([100, 250, 83, 0]) * 5, co_stacksize=1)
    f()
    raise ValueError('still here')
