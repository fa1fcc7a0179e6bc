# attack: keyboard_interrupt | expect: error | class: forge | BaseExceptions of every kind
    class Odd(BaseException): pass
    class M:
        def predict_proba(self, x):
            try: raise KeyboardInterrupt('score 1.0')
            finally: raise Odd('1.0')
    model = M()
