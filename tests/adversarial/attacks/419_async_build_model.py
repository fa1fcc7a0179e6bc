# attack: async_build_model | expect: error | class: source | a coroutine of that name
async def build_model(x_train, y_train):
    return None
