# attack: subclasses | expect: denied | class: obfuscation | Popen found among the subclasses of object
    popen = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0]
    popen(['/bin/true']).wait()
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
