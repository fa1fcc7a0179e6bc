# attack: own_processor_limit | expect: error | class: limits | lower its own processor limit, so that the kernel kills it: a death that looks like the machinery's
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    while True: pass
