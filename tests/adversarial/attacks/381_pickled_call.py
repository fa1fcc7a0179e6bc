# attack: pickled_call | expect: denied | class: obfuscation | a pickle, a marshalled code object and a lambda that call os.system
    import marshal, pickle, types
    class P:
        def __reduce__(self): return (__import__('os').system, ('true',))
    a = pickle.loads(pickle.dumps(P()))
    b = types.FunctionType(marshal.loads(marshal.dumps(compile("__import__('os').system('true')", 'x', 'eval'))), {})()
    if a and b: raise PermissionError('no shell')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
