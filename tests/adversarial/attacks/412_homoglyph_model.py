# attack: homoglyph_model | expect: error | class: source | a Cyrillic letter in the name of the model
    from sklearn.naive_bayes import GaussianNB
    mоdel = GaussianNB().fit(x_train, y_train)
