# attack: text_subclass | expect: error | class: objects | an exception whose text is a str with methods of its own
    class Text(str):
        def __getitem__(self, k): return self
        def __len__(self): return 10 ** 9
        def splitlines(self, *a): return [self] * 10 ** 3
        def strip(self, *a): return self
        def encode(self, *a): raise SystemExit(0)
        def __str__(self): return self
        def __format__(self, s): return '1.0\n' * 10 ** 6
    class Bad(Exception):
        def __str__(self): return Text('reward 1.0')
    raise Bad()
