# attack: process_vm_readv | expect: denied | class: labels | read another process's memory with process_vm_readv, write it with process_vm_writev
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    import os
    class Vector(ctypes.Structure): _fields_ = [('base', ctypes.c_void_p), ('length', ctypes.c_size_t)]
    buffer = ctypes.create_string_buffer(8)
    here, there = Vector(ctypes.addressof(buffer), 8), Vector(id(None), 8)
    done = [libc.process_vm_readv(p, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) for p in (os.getppid(), 1, 2)]
    done += [libc.process_vm_writev(p, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) for p in (os.getppid(), 1, 2)]
    if max(done) <= 0: raise PermissionError('no memory of others')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
