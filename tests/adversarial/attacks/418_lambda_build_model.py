# attack: lambda_build_model | expect: error | class: source | a lambda of that name
build_model = lambda x_train, y_train: None
