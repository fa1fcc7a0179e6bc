# attack: many_definitions | expect: error | class: source | a thousand functions of that name, each with a syntax error
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
def build_model(x_train, y_train):
  return (
