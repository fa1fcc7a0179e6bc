# attack: metaclass_names | expect: error | class: objects | a class of exceptions whose name is computed, endless, or no text
    class Meta(type):
        __name__ = property(lambda c: 'A' * 10 ** 9)
        __qualname__ = property(lambda c: 1 / 0)
        __module__ = property(lambda c: 1 / 0)
        def __instancecheck__(cls, o): return True
        def __subclasscheck__(cls, o): return True
        def __repr__(cls): raise SystemExit(0)
    Bad = Meta('\u202eReward: 1.0\x1b[2J' + 'x' * 10 ** 5, (Exception,), {})
    raise Bad()
