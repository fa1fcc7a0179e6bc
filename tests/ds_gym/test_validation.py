from __future__ import annotations

import numpy as np
import pytest

from ds_gym.validation import check_choice, check_integer, check_number, unknown_choice


def test_messages_name_argument_given_allowed_and_nearest() -> None:
    assert str(unknown_choice("colour", "gren", ["red", "green"])) == (
        "colour: unknown value 'gren'; allowed: 'red', 'green'. Did you mean 'green'?"
    )
    assert str(unknown_choice("colour", 5, ["red"])) == "colour: unknown value 5; allowed: 'red'"
    assert str(unknown_choice("colour", "zzz", ["red"], "Mix your own.")) == (
        "colour: unknown value 'zzz'; allowed: 'red'. Mix your own."
    )
    assert len(str(unknown_choice("colour", "z" * 10_000, ["red"]))) < 200


def test_what_is_allowed_comes_back() -> None:
    assert check_choice("c", "a", ["a", "b"]) == "a"
    assert (check_integer("n", np.int32(3), 1), type(check_integer("n", np.int32(3), 1))) == (3, int)
    assert (check_number("x", 1, 0), type(check_number("x", 1, 0))) == (1.0, float)


@pytest.mark.parametrize("given", [0, 1.0, "1", True, None, float("nan")])
def test_integers(given: object) -> None:
    with pytest.raises(ValueError, match=r"n: given .*; allowed: an integer of at least 1"):
        check_integer("n", given, 1)


@pytest.mark.parametrize("given", [0, 1, -1, True, "0.5", None, float("nan"), float("inf")])
def test_numbers(given: object) -> None:
    with pytest.raises(ValueError, match=r"x: given .*; allowed: a number between 0 and 1"):
        check_number("x", given, 0.0, 1.0)


def test_infinity_is_above_no_limit() -> None:
    with pytest.raises(ValueError, match="x: given inf; allowed: a number above 0"):
        check_number("x", float("inf"), 0.0)
