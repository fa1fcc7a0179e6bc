# attack: memory_error_with_text | expect: error | class: objects | a MemoryError raised by hand, with a long text, again in its own description
    class Bad(MemoryError):
        def __str__(self): raise MemoryError('y' * 10 ** 7)
    raise Bad('x' * 10 ** 7)
