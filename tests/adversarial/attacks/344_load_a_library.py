# attack: load_a_library | expect: denied | class: files | map other code: dlopen of a library that is not loaded, an extension module from disk
    import ctypes, importlib.util, sys
    n = 0
    for way in (lambda: ctypes.CDLL('libcrypt.so.1'), lambda: ctypes.CDLL('/lib/x86_64-linux-gnu/libnss_files.so.2'), lambda: ctypes.CDLL('/usr/lib/x86_64-linux-gnu/libssl.so.3'), lambda: __import__('lib2to3.main'), lambda: __import__('idlelib.idle'), lambda: __import__('ds_gym.tasks')):
        try: way(); n += 1
        except (OSError, ImportError): pass
    sys.path[:] = ['/usr/lib/python3', '/work', '/tmp', '.']
    sys.path_hooks.append(__import__('importlib.machinery').machinery.FileFinder.path_hook((__import__('importlib.machinery').machinery.SourceFileLoader, ['.py'])))
    for name in ('ds_gym', 'ds_gym.env', 'this', 'antigravity', 'turtle'):
        try: __import__(name); n += 1
        except ImportError: pass
    if not n: raise PermissionError('nothing loaded')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
