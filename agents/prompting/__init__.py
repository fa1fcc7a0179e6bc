"""Language models that are only prompted: what writes, what it is told, and the strategies that tell it."""
