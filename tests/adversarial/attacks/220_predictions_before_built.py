# attack: predictions_before_built | expect: error | class: forge | predictions sent before build_model has returned
    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)
    job.sendall(answer(3, 200, 2) + bytes(200 * 16))
    time.sleep(3); os._exit(0)
