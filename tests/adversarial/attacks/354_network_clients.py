# attack: network_clients | expect: denied | class: network | urllib, http, ftp, smtp, asyncio, multiprocessing connections, openml
    import asyncio, multiprocessing.connection, socket, urllib.request
    n = 0
    for way in (
        lambda: urllib.request.urlopen('http://127.0.0.1:47999/', timeout=1), lambda: urllib.request.urlopen('file:///etc/passwd'), lambda: asyncio.run(asyncio.sleep(0)), lambda: multiprocessing.connection.Client(('127.0.0.1', 47999)),
        lambda: multiprocessing.connection.Listener('\0dsgym', family='AF_UNIX'), lambda: socket.gethostbyname('localhost'), lambda: socket.if_nameindex()[0], lambda: __import__('sklearn.datasets').datasets.fetch_openml('iris', version=1),
    ):
        try: way(); n += 1
        except Exception: pass
    if not n: raise PermissionError('no client')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
