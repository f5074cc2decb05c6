"""`convolve` and `pool` on single-channel arrays: integers stay integers, and mistakes are reported."""

import re
from typing import Any

import numpy as np
import pytest

import cnncalc

SMALL = [[1, 2, 3, 4], [2, 4, 1, 2], [1, 3, 2, 1], [1, 2, 3, 1]]

# Invalid calls: (call, options, message).
MISTAKES: list[tuple[str, tuple[Any, ...], dict[str, Any], str]] = [
    (
        "convolve",
        (SMALL, [1, 2]),
        {},
        "the array has 2 axes and the kernel 1; expected the same number, without channels; "
        "use cnncalc.run for channels, filters and batches",
    ),
    ("convolve", ([[1, 2], [3]], [1]), {}, "the array has rows of different lengths"),
    ("convolve", (["a"], [1]), {}, "the array must contain only numbers; found ['a']"),
    (
        "convolve",
        ([1, 2], [1, 2]),
        {"stride": 0},
        "stride of conv must be a whole number of at least 1, or a list of one for each axis; found 0",
    ),
    (
        "convolve",
        ([1, 2], [1, 2, 3]),
        {},
        "kernel 3 is larger than the length 2 (use a smaller kernel, more padding, or less "
        "downsampling before it)",
    ),
    (
        "convolve",
        ([1, 2], [1, 2]),
        {"padding": "smae"},
        "padding of conv must be a whole number, [h, w], [[top, bottom], [left, right]], or the "
        "name of a padding; found 'smae'",
    ),
    (
        "pool",
        (SMALL, "conv"),
        {"kernel": 2},
        "there is no pooling 'conv'; `cnncalc kinds` lists them",
    ),
    ("pool", (SMALL,), {}, "maxpool needs `kernel`"),
    ("pool", (SMALL,), {"kernel": 2, "strid": 1}, "maxpool has no option 'strid'; did you mean 'stride'?"),
    ("pool", (SMALL, "l3pool"), {"kernel": 2}, "there is no pooling 'l3pool'; did you mean 'lppool'?"),
]


@pytest.mark.parametrize(("name", "arguments", "options", "message"), MISTAKES)
def test_invalid_calls_are_refused(
    name: str, arguments: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        getattr(cnncalc, name)(*arguments, **options)


def test_whole_numbers_stay_whole_until_they_would_be_rounded() -> None:
    assert cnncalc.convolve([2, 3], [4]).dtype == np.int64
    assert cnncalc.convolve([2.0, 3], [4]).dtype == np.float64
    assert cnncalc.convolve([2**40, 1], [2**20]).dtype == np.float64
    assert cnncalc.pool([2, 3], kernel=2).dtype == np.int64
    assert cnncalc.pool([2, 3], "avgpool", kernel=2).dtype == np.float64
