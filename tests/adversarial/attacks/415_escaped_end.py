# attack: escaped_end | expect: error | class: source | a backslash as the last character
    model = None
    return model \