# benign: thread_pool | expect: score | ThreadPoolExecutor, queues, locks and timers
    import queue, threading, time
    from concurrent.futures import ThreadPoolExecutor, as_completed
    import numpy as np
    from sklearn.model_selection import cross_val_score
    from sklearn.tree import DecisionTreeClassifier
    done = queue.Queue(); lock = threading.Lock(); tick = threading.Timer(.01, done.put, (0,)); tick.start()
    def score(depth):
        with lock: time.sleep(.001)
        return depth, cross_val_score(DecisionTreeClassifier(max_depth=depth, random_state=0), x_train, y_train, cv=3, scoring='roc_auc').mean()
    with ThreadPoolExecutor(4) as pool: scores = dict(f.result() for f in as_completed(pool.submit(score, d) for d in (1, 2, 3, 4)))
    done.get(timeout=30)
    model = DecisionTreeClassifier(max_depth=max(scores, key=scores.get), random_state=0).fit(x_train, y_train)
