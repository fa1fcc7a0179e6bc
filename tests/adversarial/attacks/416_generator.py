# attack: generator | expect: error | class: source | build_model is a generator
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
    yield model
