# attack: power_bomb | expect: timeout | class: resources | powers of powers
    x = 9
    for _ in range(4): x = pow(x, 9 ** 9)
    raise ValueError('done')
