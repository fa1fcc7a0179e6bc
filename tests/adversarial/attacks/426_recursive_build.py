# attack: recursive_build | expect: error | class: source | build_model calls itself
    return build_model(x_train, y_train)
