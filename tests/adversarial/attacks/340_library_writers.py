# attack: library_writers | expect: denied | class: files | the writers of numpy, pandas, joblib, pathlib, zipfile, logging
    import joblib, logging, pathlib, shutil, tempfile, zipfile
    import numpy as np, pandas as pd
    P = '/tmp/dsgym_pwned_'
    n = 0
    for way in (
        lambda: np.save(P + 'a', x_train), lambda: np.savetxt(P + 'b', x_train), lambda: x_train.tofile(P + 'c'), lambda: pd.DataFrame(x_train).to_pickle(P + 'd'), lambda: joblib.dump(1, P + 'e'),
        lambda: pathlib.Path(P + 'f').write_text('x'), lambda: pathlib.Path(P + 'g').touch(), lambda: zipfile.ZipFile(P + 'h', 'w'), lambda: logging.FileHandler(P + 'i').close(), lambda: tempfile.mkdtemp(prefix='dsgym_pwned', dir='/tmp'),
        lambda: shutil.copy('/etc/hostname', P + 'j'), lambda: np.memmap(P + 'k', mode='w+', shape=3), lambda: np.lib.format.open_memmap(P + 'l', 'w+', shape=(3,)),
    ):
        try: way(); n += 1
        except (OSError, ValueError): pass
    if not n: raise PermissionError('nothing written')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
