# attack: quits | expect: error | class: source | exit, quit and SystemExit with a code of zero
    raise SystemExit(0)
    model = None
