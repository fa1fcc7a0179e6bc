# attack: source_readers | expect: denied | class: labels | files through the readers of the standard library: linecache, tokenize, inspect, zipimport, fileinput, mmap, sqlite3
    import fileinput, inspect, linecache, mmap, os, sqlite3, tokenize, zipfile
    n = len(linecache.getlines('/etc/passwd')) + len(linecache.getlines(os.__file__))
    for way in (
        lambda: tokenize.open('/etc/passwd').read(),
        lambda: inspect.getsource(os),
        lambda: list(fileinput.input('/etc/passwd')),
        lambda: zipfile.ZipFile('/etc/passwd'),
        lambda: mmap.mmap(os.open('/etc/passwd', os.O_RDONLY), 0, prot=mmap.PROT_READ),
        lambda: sqlite3.connect('file:/etc/passwd?mode=ro', uri=True).execute('select 1').fetchall(),
        lambda: sqlite3.connect('/tmp/dsgym_pwned.sqlite').execute('create table t (a)'),
    ):
        try: way(); n += 1
        except (OSError, sqlite3.Error): pass
    if not n: raise PermissionError('no file')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
