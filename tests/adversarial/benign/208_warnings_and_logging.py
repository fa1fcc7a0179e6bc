# benign: warnings_and_logging | expect: score | warnings caught, raised, filtered; logging to streams; a StringIO; tracebacks formatted
    import io, logging, sys, traceback, warnings
    from contextlib import redirect_stdout, suppress
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    log = logging.getLogger('model'); log.setLevel(logging.DEBUG); log.addHandler(logging.StreamHandler(io.StringIO())); log.addHandler(logging.StreamHandler(sys.stderr))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always'); MLPClassifier((3,), max_iter=2, random_state=0).fit(x_train, y_train); warnings.warn('mine', UserWarning)
    log.info('%d warnings, first %s', len(caught), caught[0].message)
    out = io.StringIO()
    with redirect_stdout(out), suppress(ZeroDivisionError): print('text'); 1 / 0
    try: LogisticRegression(C=-1).fit(x_train, y_train)
    except ValueError as e: log.exception('caught'); traceback.print_exc(); text = ''.join(traceback.format_exception(e))
    with warnings.catch_warnings():
        warnings.filterwarnings('ignore', category=ConvergenceWarning)
        model = LogisticRegression(max_iter=20).fit(x_train, y_train)
