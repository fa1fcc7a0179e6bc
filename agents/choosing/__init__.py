"""Agents without a language model: they choose from what their environments offer.

Their environments take choices (``MultiDiscrete``) and show vectors of numbers, as the wrappers in ``ds_gym.wrappers``
make them.
"""
