# attack: reuse_the_job_socket | expect: denied | class: network | the one socket that is there, turned elsewhere: connect, bind, listen, accept, send to an address, send descriptors
    import array, fcntl, gc, socket
    def is_open(s):
        try: return fcntl.fcntl(s.fileno(), fcntl.F_GETFD) >= 0
        except OSError: return False
    job = [s for s in gc.get_objects() if isinstance(s, socket.socket) and is_open(s)][0]
    n = 0
    for way in (
        lambda: job.connect('\0dsgym_listener'), lambda: job.bind('\0dsgym_state'), lambda: job.listen(), lambda: job.accept(), lambda: job.sendto(b'', '\0dsgym_listener'), lambda: job.shutdown(socket.SHUT_RDWR),
        lambda: job.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))]), lambda: job.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1), lambda: job.recvmsg(1, 1000, socket.MSG_DONTWAIT),
    ):
        try: way(); n += 1
        except OSError: pass
    if not n: raise PermissionError('no other use')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
