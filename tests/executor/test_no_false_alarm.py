"""`verify` finds nothing in networks that are right: padding of every sort, crops, borders that mirror."""

from itertools import product

import pytest

import cnncalc
from cnncalc.problems import SpecError

BEFORE = {
    "nothing": [],
    "crop": ["{crop: 1}"],
    "a crop of some sides": ["{crop: [[1, 0], [2, 1]]}"],
    "a transposed convolution": ["{conv_transpose: 2, kernel: 3, stride: 2, padding: 1}"],
    "a reflected border": ["{pad: 1, mode: reflect}"],
    "a repeated border": ["{pad: [[1, 2], [0, 1]], mode: replicate}"],
    "a circular border": ["{pad: 2, mode: circular}"],
    "blurpool": ["{blurpool: 4}"],
}


@pytest.mark.parametrize("before", BEFORE)
def test_a_right_network_raises_no_alarm(before: str) -> None:
    wrong, tried = [], 0
    for kernel, padding, stride, size in product((1, 2, 3), (0, 1, "same"), (1, 2, 3), ((12, 9), (7, 6))):
        line = f"{{conv: 3, kernel: {kernel}, padding: {padding}, stride: {stride}}}"
        layers = [*BEFORE[before], line, "{conv: 2, kernel: 3, padding: same}"]
        text = f"cnncalc: 1\ninput: [2, {size[0]}, {size[1]}]\nlayers:\n"
        try:
            found = cnncalc.verify(text + "".join(f"  - {layer}\n" for layer in layers))
        except SpecError:
            continue  # the kernel is larger than what the stride has left
        tried += 1
        if not found.agrees:
            wrong.append((size, line))
    assert tried > 20
    assert wrong == []


ON_PADDING = "{conv: 5, kernel: 2, padding: same, dilation: 2}"
"""On an axis of size 1, all its windows lie on padding."""


@pytest.mark.parametrize("dims", [(5, 5, 1), (5, 1, 5), (5, 5, 1, 3)])
@pytest.mark.parametrize(
    "behind",
    [
        [],
        ["flatten", "{dense: 3}"],
        ["{conv: 3, kernel: 3, padding: same}"],
        ["{reduce: sum, over: height}"],
        ["{add: [prev, input]}", "{conv: 3, kernel: 3, padding: same}"],
        ["{concat: [input, prev]}"],
    ],
)
def test_a_layer_that_reads_padding_alone_raises_no_alarm(dims: tuple[int, ...], behind: list[str]) -> None:
    layers = "".join(f"  - {layer}\n" for layer in (ON_PADDING, *behind))
    found = cnncalc.verify(f"cnncalc: 1\ninput: {list(dims)}\nlayers:\n{layers}")
    assert found.followed
    assert found.differences == ()


@pytest.mark.parametrize(
    "conv",
    [
        "{conv: 2, kernel: 2, padding: [[2, 0], [0, 0]]}",
        "{conv: 2, kernel: [2, 3], padding: [[2, 0], [1, 1]]}",
        "{conv: 2, kernel: 2, dilation: [1, 9], padding: same}",
        "{conv: 2, kernel: 2, dilation: 4, padding: same}",
    ],
)
@pytest.mark.parametrize("merge", ["add", "concat"])
@pytest.mark.parametrize("dims", [(2, 7, 6), (2, 3, 9)])
def test_some_units_of_a_branch_may_read_padding_alone(conv: str, merge: str, dims: tuple[int, ...]) -> None:
    """What such a unit reads along the other axis is not part of what the merge reads."""
    layers = (
        f"  - {conv}\n  - {{{merge}: [prev, input], align: crop}}\n  - {{conv: 2, kernel: 3, padding: 1}}\n"
    )
    assert cnncalc.verify(f"cnncalc: 1\ninput: {list(dims)}\nlayers:\n{layers}").differences == ()


@pytest.mark.parametrize("behind", ["flatten", "{permute: [channels, width, height]}"])
def test_a_crop_before_units_in_another_order_raises_no_alarm(behind: str) -> None:
    layers = "".join(
        f"  - {layer}\n" for layer in ("{crop: 1}", "{conv: 4, kernel: 3, padding: same}", behind)
    )
    assert cnncalc.verify(f"cnncalc: 1\ninput: [4, 8, 8]\nlayers:\n{layers}").differences == ()
