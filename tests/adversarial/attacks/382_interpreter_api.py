# attack: interpreter_api | expect: denied | class: obfuscation | the interpreter's C interface: run text, read a file, fork
    import ctypes
    api = ctypes.pythonapi
    if api.PyRun_SimpleString(b"open('/etc/passwd').read()") != 0 and api.PyRun_SimpleString(b"import os; os.fork()") != 0: raise PermissionError('refused')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
