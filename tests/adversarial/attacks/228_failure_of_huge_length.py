# attack: failure_of_huge_length | expect: error | class: forge | a failure that announces an endless text
    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)
    job.sendall(answer(4, 2 ** 64 - 1, kind=1, line=-2 ** 31) + b'x' * 5000)
    time.sleep(3); os._exit(0)
