# attack: eval_bomb | expect: error | class: resources | expressions that overflow the parser, built at run time
    for text in ('-' * 10 ** 6 + '1', '(' * 10 ** 5, '[' * 90 + ']' * 90, 'lambda:' * 10 ** 5 + '1', '+'.join(['1'] * 10 ** 5), 'a' + '.a' * 10 ** 5, 'if 1:' * 10 ** 4):
        try: eval(text)
        except (SyntaxError, RecursionError, MemoryError, NameError): pass
    raise ValueError('still here')
