# benign: standard_library | expect: score | datetime, json, re, itertools, hashlib, random, decimal, statistics, uuid, pickle, copy and friends
    import bisect, collections, copy, datetime, decimal, fractions, hashlib, heapq, itertools, json, math, operator, pickle, random, re, statistics, string, struct, textwrap, time, uuid, zoneinfo
    import numpy as np
    from sklearn.naive_bayes import GaussianNB
    names = [f'{a}{b}' for a, b in itertools.islice(itertools.product(string.ascii_lowercase, repeat=2), x_train.shape[1])]
    settings = json.loads(json.dumps({'smoothing': 1e-9, 'names': names, 'at': datetime.datetime(2024, 1, 2).isoformat()}))
    assert re.fullmatch(r'\d{4}-\d\d-\d\dT.*', settings['at']) and hashlib.sha256(b'x').hexdigest().startswith('2d71')
    order = [n for _, n in heapq.nlargest(20, zip(map(statistics.pvariance, x_train.T[:, :50].tolist()), range(x_train.shape[1])))]
    t = time.perf_counter(), time.time(), time.process_time(), datetime.datetime.now(), time.strftime('%Y'), datetime.datetime.now(datetime.timezone.utc)
    k = collections.Counter(y_train.tolist()).most_common(1)[0][0], random.choice(order), uuid.uuid4().hex[:4], decimal.Decimal('0.1') + 1, fractions.Fraction(1, 3), bisect.bisect([1, 2], 2), math.lgamma(3)
    base = pickle.loads(pickle.dumps(copy.deepcopy(GaussianNB(var_smoothing=settings['smoothing']).fit(x_train[:, order], y_train))))
    class M:
        def predict_proba(self, x): return base.predict_proba(x[:, order])
    model = M()
