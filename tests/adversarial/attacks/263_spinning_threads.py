# attack: spinning_threads | expect: timeout | class: resources | many threads in C code that never ends
    import hashlib, threading
    block = bytes(1 << 24)
    def spin():
        while True: hashlib.sha256(block)
    for _ in range(16): threading.Thread(target=spin, daemon=True).start()
    spin()
