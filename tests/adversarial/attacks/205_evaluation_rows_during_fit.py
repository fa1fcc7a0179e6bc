# attack: evaluation_rows_during_fit | expect: honest-score | class: labels | say BUILT from inside build_model, take the evaluation rows, answer by oneself
    from sklearn.naive_bayes import GaussianNB
    base = GaussianNB().fit(x_train, y_train)

    import fcntl, gc, os, socket, struct, sys, time
    import numpy as np
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    def answer(tag, rows=0, columns=0, kind=0, line=0, magic=b'DSG1'): return struct.pack('<4sBBHiQQ', magic, tag, kind, 0, line, rows, columns)

    job.sendall(answer(2))
    head = b''
    while len(head) < 16: head += job.recv(16 - len(head))
    rows = struct.unpack('<4sIQ', head)[2]
    blob = b''
    while len(blob) < rows * x_train.shape[1] * 8: blob += job.recv(1 << 20)
    x = np.frombuffer(blob).reshape(rows, -1)
    p = np.ascontiguousarray(base.predict_proba(x))
    job.sendall(answer(3, rows, 2) + p.tobytes())
    os._exit(0)
