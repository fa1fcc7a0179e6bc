# attack: many_fences | expect: error | class: source | thousands of code fences, each with the beginning of a function
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
```
def build_model(
```
