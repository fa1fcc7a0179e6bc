# attack: unknown_names_in_strings | expect: error | class: source | bad escapes: names of characters, surrogates, octals
    x = "\N{NO SUCH NAME} \ud800 \777"
    model = None
