"""Inputs that do not fit a network give one message; those that fit are simply used."""

import numpy as np
import pytest

from cnncalc import load, run
from cnncalc.executor.io.inputs import InputError

TEXT = "cnncalc: 1\nlayout: {layout}\ninput: {dims}\nlayers:\n  - {{conv: 3, kernel: 3}}\n  - relu\n"
SPEC = load(TEXT.format(layout="chw", dims="[2, 6, 7]"))
LAST = load(TEXT.format(layout="hwc", dims="[6, 7, 2]"))

EXPECTED = "expected an input of 2×6×7, with or without a batch axis"

REFUSED: dict[str, tuple[object, str]] = {
    "another size": (np.zeros((2, 7, 7)), f"{EXPECTED}; found 2×7×7"),
    "channels last": (
        np.zeros((6, 7, 2)),
        f"{EXPECTED}; found 6×7×2; the axes seem to be transposed: expected layout chw",
    ),
    "a batch, channels last": (
        np.zeros((4, 6, 7, 2)),
        f"{EXPECTED}; found 4×6×7×2; the axes seem to be transposed: expected layout chw",
    ),
    "two batches": (np.zeros((2, 2, 2, 6, 7)), f"{EXPECTED}; found 2×2×2×6×7"),
    "an empty batch": (np.zeros((0, 2, 6, 7)), "the input is an empty batch: 0×2×6×7"),
    "nothing": (np.zeros(0), f"{EXPECTED}; found 0"),
    "one number": (3.0, f"{EXPECTED}; found a scalar"),
    "truth values": (np.zeros((2, 6, 7), bool), "the input must be numeric; found bool"),
    "words": (np.full((2, 6, 7), "one"), "the input must be numeric; found <U3"),
    "objects": (np.zeros((2, 6, 7), object), "the input must be numeric; found object"),
    "complex": (np.zeros((2, 6, 7), complex), "the input must be numeric; found complex128"),
    "dates": (np.zeros((2, 6, 7), "M8[s]"), "the input must be numeric; found datetime64[s]"),
    "rows of different lengths": ([[1.0], [1.0, 2.0]], "the input has rows of different lengths"),
    "NaN": (
        np.where(np.arange(84).reshape(2, 6, 7) == 50, np.nan, 0),
        "1 input value is NaN or infinite in float32",
    ),
    "infinity": (
        np.full((2, 6, 7), -np.inf),
        "84 input values are NaN or infinite in float32",
    ),
    "too large for float32": (
        np.full((2, 6, 7), 1e300),
        "84 input values are NaN or infinite in float32",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_an_input_that_does_not_fit_is_refused(what: str) -> None:
    x, message = REFUSED[what]
    with pytest.raises(InputError) as caught:
        run(SPEC, x)  # type: ignore[arg-type]
    assert str(caught.value) == message


def test_the_hint_goes_the_other_way_round_too() -> None:
    with pytest.raises(InputError) as caught:
        run(LAST, np.zeros((2, 6, 7)))
    assert str(caught.value) == (
        "expected an input of 6×7×2, with or without a batch axis; found 2×6×7; "
        "the axes seem to be transposed: expected layout hwc"
    )


OPTIONS: list[tuple[dict[str, object], str]] = [
    ({"batch": 0}, "batch must be a whole number of at least 1; found 0"),
    ({"batch": -2}, "batch must be a whole number of at least 1; found -2"),
    ({"seed": -1}, "seed must be a whole number of at least 0; found -1"),
    ({"data_type": "float16"}, "data_type must be float32 or float64; found 'float16'"),
    ({"keep": ["second"]}, "there is no layer 'second'; expected one of conv1, relu1"),
    ({"keep": "frist"}, "there is no layer 'frist'; expected one of conv1, relu1"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS, ids=[str(options) for options, _ in OPTIONS])
def test_an_option_that_is_wrong_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        run(SPEC, **options)  # type: ignore[arg-type]
    assert str(caught.value) == message


NUMBERS = np.arange(84).reshape(2, 6, 7) % 5

TAKEN: dict[str, object] = {
    "whole numbers": NUMBERS,
    "bytes": NUMBERS.astype(np.uint8),
    "nested lists": NUMBERS.tolist(),
    "a batch of one": NUMBERS[np.newaxis],
    "half precision": NUMBERS.astype(np.float16),
    "the other order of bytes": NUMBERS.astype(">f8"),
    "columns first": np.asfortranarray(NUMBERS),
    "every other one": np.repeat(NUMBERS, 2, axis=2)[:, :, ::2],
    "read only": np.broadcast_to(NUMBERS, (1, 2, 6, 7)),
}


@pytest.mark.parametrize("what", TAKEN)
@pytest.mark.parametrize("quick", [True, False], ids=["quick", "plain"])
def test_any_numeric_type_is_accepted(what: str, quick: bool) -> None:
    wanted = run(SPEC, NUMBERS.astype(np.float32), quick=quick).output
    assert np.array_equal(run(SPEC, TAKEN[what], quick=quick).output, wanted)  # type: ignore[arg-type]


def test_layouts_differ_only_in_axis_order() -> None:
    """Random weights are the same, by name."""
    first = run(SPEC, NUMBERS, keep=["conv1"])
    last = run(LAST, np.moveaxis(NUMBERS, 0, -1), keep=["conv1"])
    assert first.output.shape == (1, 3, 4, 5)
    assert last.output.shape == (1, 4, 5, 3)
    assert np.array_equal(np.moveaxis(last["conv1"], -1, 1), first["conv1"])
    assert np.array_equal(np.moveaxis(last.output, -1, 1), first.output)


def test_what_was_not_kept_says_how() -> None:
    found = run(SPEC)
    with pytest.raises(
        KeyError, match=r"conv1 was not kept: use run\(…, keep=\['conv1'\]\), or keep='\*' for all layers"
    ):
        found["conv1"]
