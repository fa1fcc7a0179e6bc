# attack: exception_groups | expect: error | class: objects | groups of groups of exceptions, causes in a ring, notes of a gigabyte
    e = ValueError('x'); e.add_note('n' * 10 ** 8)
    for _ in range(2000): e = ExceptionGroup('g' * 100, [e, e])
    a, b = KeyError('a'), KeyError('b')
    a.__cause__, b.__cause__, a.__context__ = b, a, a
    e.__cause__ = a
    raise e
