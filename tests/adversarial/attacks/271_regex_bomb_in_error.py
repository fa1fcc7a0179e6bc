# attack: regex_bomb_in_error | expect: error | class: resources | an error text on which a bad pattern would take for ever
    raise ValueError('/' * 5000 + '(' * 5000 + '0x' + 'f' * 5000 + "f() got an unexpected keyword argument '" + 'a' * 10000)
