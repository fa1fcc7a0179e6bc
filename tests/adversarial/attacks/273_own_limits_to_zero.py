# attack: own_limits_to_zero | expect: error | class: limits | lower all its own limits to nothing, so that answers can neither be made nor sent
    import resource
    for name in ('NOFILE', 'STACK', 'DATA', 'AS', 'NPROC', 'FSIZE', 'MEMLOCK', 'RTTIME', 'SIGPENDING'):
        try: resource.setrlimit(getattr(resource, 'RLIMIT_' + name), (0, 0))
        except (OSError, ValueError, AttributeError): pass
    raise ValueError([0] * 10 ** 6)
