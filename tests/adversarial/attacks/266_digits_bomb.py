# attack: digits_bomb | expect: timeout | class: resources | a number with ten million digits, as text
    import sys
    sys.set_int_max_str_digits(0)
    str(7 ** 30_000_000)
    raise ValueError('done')
