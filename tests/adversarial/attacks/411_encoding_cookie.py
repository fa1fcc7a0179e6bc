# attack: encoding_cookie | expect: error | class: source | an encoding declaration that would turn comments into code
    # -*- coding: utf-7 -*-
    # +AAo-import os+AAo-os.system(1)
    raise ValueError("+AGE-")
