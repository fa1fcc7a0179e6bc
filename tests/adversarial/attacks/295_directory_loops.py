# attack: directory_loops | expect: timeout | class: objects | an AttributeError whose object takes for ever to list its names
    class Slow:
        def __dir__(self):
            while True: pass
    raise AttributeError('no attribute', name='fitt', obj=Slow())
