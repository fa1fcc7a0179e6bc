# attack: raw_nan | expect: error | class: forge | the right shape, filled with NaN, infinities and negative numbers, sent by hand
    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)
    class M:
        def predict_proba(self, x):
            p = np.full((len(x), 2), np.nan); p[::3] = np.inf; p[1::3] = -1
            job.sendall(answer(3, len(x), 2) + p.tobytes())
            os._exit(0)
    model = M()
