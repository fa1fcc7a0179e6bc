# attack: code_of_its_own | expect: error | class: kernel | machine code: system calls by the instructions themselves, from a page that is writable and executable
    import ctypes, mmap
    page = mmap.mmap(-1, 4096, prot=7)
    page.write(b'\xb8\x39\0\0\0\x0f\x05\xc3')  # mov eax, 57 (fork); syscall; ret
    f = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    r = f()
    if r == 0: ctypes.CDLL(None)._exit(0)
    if r < 0: raise PermissionError(f'fork: {r}')
    page.seek(0); page.write(b'\xb8\x29\0\0\0\xbf\x02\0\0\0\xbe\x01\0\0\0\x31\xd2\x0f\x05\xc3')
    raise ValueError(f())
