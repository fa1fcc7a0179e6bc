# attack: exit_from_thread | expect: error | class: forge | os._exit from a thread while the model predicts
    import os, threading, time
    class M:
        def predict_proba(self, x):
            threading.Thread(target=lambda: os._exit(0)).start()
            time.sleep(30)
    model = M()
