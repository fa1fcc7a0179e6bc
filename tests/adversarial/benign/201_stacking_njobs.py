# benign: stacking_njobs | expect: score | StackingClassifier and VotingClassifier with n_jobs=-1
    from sklearn.ensemble import ExtraTreesClassifier, StackingClassifier, VotingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import GaussianNB
    from sklearn.neighbors import KNeighborsClassifier
    stack = StackingClassifier([('t', ExtraTreesClassifier(30, random_state=0)), ('k', KNeighborsClassifier())], LogisticRegression(), cv=3, n_jobs=-1)
    model = VotingClassifier([('s', stack), ('n', GaussianNB())], voting='soft', n_jobs=2).fit(x_train, y_train)
