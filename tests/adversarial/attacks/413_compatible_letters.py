# attack: compatible_letters | expect: honest-score | class: source | mathematical and full-width letters, which Python takes for plain ones
    from sklearn.naive_bayes import GaussianNB
    ｍ𝐨del = 𝐆aussianNB().𝐟it(x_train, y_train)
