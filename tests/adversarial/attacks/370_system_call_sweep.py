# attack: system_call_sweep | expect: denied | class: kernel | every system call by number, those that a fit needs and that block or end the process left out
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)

    needed = {0, 1, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 23, 24, 25, 28, 32, 33, 34, 35, 36, 37, 38, 39, 44, 45, 56, 57, 58, 60, 61, 63, 72, 79, 96, 97, 98, 100, 102, 104, 107, 108, 110, 131, 186, 201, 202, 204, 218, 219, 228, 229, 230, 231, 232, 270, 271, 273, 274, 281, 292, 302, 309, 318, 324, 334, 435, 441, 449}
    buffer = ctypes.create_string_buffer(4096)
    # 111 getpgrp, 115 getgroups, 118 and 120 getres*id, 121 getpgid, 124 getsid, 140 getpriority and the like tell only of oneself
    harmless = {16, 109, 111, 112, 115, 118, 120, 121, 124, 125, 140, 143, 145, 146, 147, 148, 157, 158, 95, 99, 26, 27, 62, 105, 106, 113, 114, 117, 119, 122, 123, 126, 135, 141, 142, 144, 160, 162, 203, 205, 211, 233, 251, 252, 314, 315, 306, 75, 74, 73, 77, 22, 293, 284, 290, 213, 291, 283, 289, 282, 253, 294, 425, 300, 127, 128, 130, 195, 196, 116, 240, 244, 239, 238, 303, 132, 235, 221, 187, 277, 40, 275, 276, 278, 326, 285, 18, 295, 296, 327, 328, 47, 46, 299, 307, 43, 288, 49, 50, 51, 52, 48, 54, 55, 42, 436, 446, 445, 444, 335, 336, 159, 305, 227, 212, 66, 65, 64, 68, 69, 70, 71, 29, 30, 31, 67, 217, 78, 6, 4, 21, 89, 137, 138, 191, 192, 193, 194, 197, 198, 199}
    done = {n: libc.syscall(n, 0, buffer, buffer, buffer, 0, 0) for n in range(462) if n not in needed | harmless}
    if all(r < 0 for r in done.values()): raise PermissionError('all refused')
    from sklearn.naive_bayes import GaussianNB
    model = GaussianNB().fit(x_train, y_train)
