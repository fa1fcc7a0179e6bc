# attack: globals_redefined | expect: error | class: source | build_model redefines itself and the modules of the runner
    global build_model, np
    import sys
    build_model = None; np = None
    sys.modules.clear()
    return None
