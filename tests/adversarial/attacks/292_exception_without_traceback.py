# attack: exception_without_traceback | expect: error | class: objects | an exception whose attributes lie: __class__, __traceback__, __cause__, args, __dict__
    class Bad(AttributeError):
        __class__ = property(lambda s: SyntaxError)
        __traceback__ = property(lambda s: s)
        __cause__ = property(lambda s: 1 / 0)
        __dict__ = property(lambda s: 1 / 0)
        args = property(lambda s: 1 / 0)
        tb_frame = tb_next = f_code = property(lambda s: s)
        filename = co_filename = '<build_model>'
        lineno = tb_lineno = 10 ** 40
        msg = name = obj = property(lambda s: s)
    raise Bad('x')
