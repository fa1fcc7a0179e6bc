# attack: tcp_local | expect: denied | class: network | a connection to a service on the local host, over IPv4, IPv6 and with data in the first packet
    import socket
    n = 0
    for family, a in ((socket.AF_INET, ('127.0.0.1', 47999)), (socket.AF_INET6, ('::ffff:127.0.0.1', 47999)), (socket.AF_INET, ('0.0.0.0', 47999))):
        try: socket.create_connection(a[:2], 1).sendall(b'x'); n += 1
        except OSError: pass
        try: s = socket.socket(family, socket.SOCK_STREAM); s.sendto(b'x', 0x20000000, a); n += 1
        except OSError: pass
    if not n: raise PermissionError('no connection')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
