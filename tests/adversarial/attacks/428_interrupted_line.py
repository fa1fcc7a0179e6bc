# attack: interrupted_line | expect: error | class: source | carriage returns, so that a terminal shows another line than what runs
    import os    os._exit(0)#     return None    model = None