# attack: nested_finally | expect: error | class: source | clean-up blocks inside clean-up blocks: the compiler copies each of them at every exit, to gigabytes
    try:
     if x_train is None: return 1
     if y_train is None: return 2
    finally:
     try:
      if x_train is None: return 1
      if y_train is None: return 2
     finally:
      try:
       if x_train is None: return 1
       if y_train is None: return 2
      finally:
       try:
        if x_train is None: return 1
        if y_train is None: return 2
       finally:
        try:
         if x_train is None: return 1
         if y_train is None: return 2
        finally:
         try:
          if x_train is None: return 1
          if y_train is None: return 2
         finally:
          try:
           if x_train is None: return 1
           if y_train is None: return 2
          finally:
           try:
            if x_train is None: return 1
            if y_train is None: return 2
           finally:
            try:
             if x_train is None: return 1
             if y_train is None: return 2
            finally:
             try:
              if x_train is None: return 1
              if y_train is None: return 2
             finally:
              raise ValueError(1)
    model = None
