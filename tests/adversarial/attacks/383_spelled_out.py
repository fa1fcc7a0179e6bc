# attack: spelled_out | expect: denied | class: obfuscation | names put together from characters, codecs and getattr
    import codecs
    m = __import__(''.join(map(chr, (111, 115))))
    if getattr(m, codecs.decode('flfgrz', 'rot13'))(bytes([116, 114, 117, 101]).decode()) != 0: raise PermissionError('no')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
