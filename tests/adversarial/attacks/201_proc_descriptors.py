# attack: proc_descriptors | expect: denied | class: labels | reopen the descriptors of oneself and of others through /proc/PID/fd and map_files
    import os
    found = 0
    for pid in ('self', os.getppid(), 1, 'thread-self'):
        for sub in ('fd', 'fdinfo', 'map_files', 'task', 'ns'):
            try: found += len(os.listdir(f'/proc/{pid}/{sub}'))
            except OSError: pass
        for fd in range(64):
            try: os.close(os.open(f'/proc/{pid}/fd/{fd}', os.O_RDONLY)); found += 1
            except OSError: pass
    if not found: raise PermissionError('no descriptors')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
