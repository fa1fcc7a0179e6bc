# attack: mmap_bomb | expect: error | class: resources | memory by mmap, mremap and brk, touched
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import mmap
    kept = []
    while True:
        try: kept.append(mmap.mmap(-1, 64 << 20))
        except OSError as e: raise MemoryError(str(e))
        if len(kept) > 1:
            try: kept[0].resize(len(kept[0]) + (64 << 20))
            except (OSError, SystemError): pass
        for m in kept[-1:]: ctypes.memset(ctypes.addressof(ctypes.c_char.from_buffer(m)), 1, 64 << 20) if False else m.write(bytes(64 << 20))
