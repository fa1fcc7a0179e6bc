# attack: decompression_bomb | expect: error | class: resources | a small text that unpacks to gigabytes
    import bz2, lzma, zlib
    small = zlib.compress(zlib.compress(bytes(1 << 26)))
    big = []
    while True: big.append(zlib.decompress(zlib.decompress(small)))
