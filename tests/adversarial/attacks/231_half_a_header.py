# attack: half_a_header | expect: error | class: forge | half a header, then the end
    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)
    job.sendall(answer(2)[:9])
    os._exit(0)
