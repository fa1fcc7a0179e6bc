# attack: nested_formats | expect: error | class: source | format strings in format strings with widths in widths
    model = f'{1:{2:{3:{4}}}}' f"{f'{f"""{1}"""}'}" * 10
    raise ValueError(model)
