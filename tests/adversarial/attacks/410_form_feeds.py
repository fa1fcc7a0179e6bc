# attack: form_feeds | expect: error | class: source | form feeds, vertical tabs and Unicode line ends as indentation
    x = 1
    y = 2
    z = 3
    w = "  "
raise ValueError
    model = None
