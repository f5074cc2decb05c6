"""Notations of courses and libraries: their letters, and their form of the size formula.

A form is only shown if it gives the same number as cnncalc's own formula.
"""

from collections.abc import Mapping
from functools import cache
from typing import Literal, get_args

from msgspec import Struct, field

from cnncalc.choices import NotationName
from cnncalc.formula import Formula, Working
from cnncalc.window import (
    DUMOULIN,
    EFFECTIVE_KERNEL,
    OUTPUT_SIZE_CEIL,
    KerasTransposed,
    Resample,
    TransposedWindow,
    Window,
)

NAMES: tuple[NotationName, ...] = get_args(NotationName)

MEANINGS = {
    "n": "input size",
    "p": "padding on each side",
    "b": "padding at the start",
    "c": "padding at the end",
    "d": "dilation",
    "k": "kernel size",
    "e": "effective kernel",
    "s": "stride",
    "a": "output padding",
}
"""Variables of the size formulas, before renaming."""


class Notation(Struct, frozen=True):
    """One notation.

    Attributes:
        source: where it is used; empty if the formulas name their own source.
        letters: names of variables, by meaning.
        axes: the name of the input size along each axis; `""` is for several axes at once.
        kernel_first: write n − k + 2p, not n + 2p − k.
        inside: put the + 1 inside the rounding.
        exact: omit the rounding if the stride divides evenly.
        relates: omit absent padding and stride 1, as Dumoulin & Visin's relationships do.
        dilates: when to write out the dilation; otherwise use the effective kernel.
    """

    source: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    axes: Mapping[str, str] = field(default_factory=dict)
    kernel_first: bool = False
    inside: bool = False
    exact: bool = False
    relates: bool = False
    dilates: Literal["always", "if dilated", "never"] = "if dilated"


NOTATIONS: dict[NotationName, Notation] = {
    "cnncalc": Notation(),
    "pytorch": Notation(
        "the documentation of torch.nn",
        {
            "padding on each side": "padding",
            "padding at the start": "padding_left",
            "padding at the end": "padding_right",
            "total padding of both sides": "padding_both",
            "dilation": "dilation",
            "kernel size": "kernel_size",
            "stride": "stride",
            "output padding": "output_padding",
            "filters": "C_out",
            "channels that a filter reads": "C_in",
            "input channels": "C_in",
            "groups": "groups",
            "units": "out_features",
            "inputs": "in_features",
        },
        {"": "L_in", "depth": "D_in", "height": "H_in", "width": "W_in", "length": "L_in"},
        inside=True,
        dilates="always",
    ),
    "cs231n": Notation(
        "CS231n, Stanford: convolutional networks",
        {
            "padding on each side": "P",
            "padding at the start": "P_1",
            "padding at the end": "P_2",
            "total padding of both sides": "P'",
            "dilation": "D",
            "kernel size": "F",
            "effective kernel": "F'",
            "stride": "S",
            "filters": "K",
            "channels that a filter reads": "D_1",
            "input channels": "D_1",
        },
        {"": "W_1", "depth": "T_1", "height": "H_1", "width": "W_1", "length": "L_1"},
        kernel_first=True,
        exact=True,
        dilates="never",
    ),
    "ng": Notation(
        "Andrew Ng, Convolutional Neural Networks, week 1",
        {
            "padding on each side": "p",
            "padding at the start": "p_1",
            "padding at the end": "p_2",
            "kernel size": "f",
            "effective kernel": "f'",
            "stride": "s",
            "filters": "n_C",
            "channels that a filter reads": "n_C'",
            "input channels": "n_C'",
        },
        {"": "n", "depth": "n_D", "height": "n_H", "width": "n_W", "length": "n_L"},
        dilates="never",
    ),
    "dumoulin": Notation(
        letters={"kernel size": "k", "stride": "s", "output padding": "a", "effective kernel": "k'"},
        axes={"": "i", "depth": "i_1", "height": "i_1", "width": "i_2", "length": "i"},
        relates=True,
    ),
    "uio": Notation(
        "IN5400, University of Oslo",
        {
            "padding on each side": "P",
            "padding at the start": "P_1",
            "padding at the end": "P_2",
            "total padding of both sides": "P'",
            "dilation": "D",
            "kernel size": "F",
            "effective kernel": "F'",
            "stride": "S",
            "filters": "F_N",
            "channels that a filter reads": "F_c",
            "input channels": "F_c",
            "receptive field of the layer's input": "R",
        },
        {"": "N^i", "depth": "N^i", "height": "N^i", "width": "N^i", "length": "N^i"},
        kernel_first=True,
        exact=True,
        dilates="never",
    ),
}


def sized(
    notation: Notation, window: Window | TransposedWindow | Resample, n: int, axes: tuple[str, ...] = ()
) -> Working | None:
    """The formula for the size of an axis, in the form and letters of a notation."""
    ours = window.working(n)
    if ours is None or isinstance(window, Resample | KerasTransposed):
        return ours and lettered(notation, ours, axes)
    shaped = _transposed(notation, window, n) if isinstance(window, TransposedWindow) else None
    if isinstance(window, Window):
        shaped = _slid(notation, window, n)
    # neither formula covers the window that `fit: ceil` drops
    agreed = shaped if shaped is not None and shaped.exact == ours.exact else ours
    return lettered(notation, agreed, axes)


def padded(notation: Notation, window: Window, n: int, axes: tuple[str, ...]) -> Working:
    """The size of the padded input: n + 2p if both sides are equal."""
    added = _padding(window, False)[0]
    return lettered(notation, _put_in(f"n{added}", window, n, ""), axes)


def before_rounding(notation: Notation, window: Window, n: int, axes: tuple[str, ...]) -> Working:
    """The size before rounding, as a fraction."""
    return lettered(notation, _put_in(_quotient(notation, window), window, n, ""), axes)


def _padding(window: Window | TransposedWindow, plain: bool) -> tuple[str, str]:
    """The padding as a term to add, and as one to subtract."""
    if window.before != window.after:
        return " + b + c", " - b - c"
    return ("", "") if plain and not window.before else (" + 2*p", " - 2*p")


def _dilated(notation: Notation, window: Window | TransposedWindow) -> bool:
    """Whether to write out the dilation."""
    return notation.dilates == "always" or (notation.dilates == "if dilated" and window.dilation > 1)


def _top(notation: Notation, window: Window) -> str:
    """The distance that a window can move."""
    added = _padding(window, notation.relates)[0]
    kernel = " - k"
    if window.dilation > 1:
        kernel = " - e"
    if _dilated(notation, window):
        kernel = " - d*(k - 1) - 1"
    return f"n{kernel}{added}" if notation.kernel_first else f"n{added}{kernel}"


def _quotient(notation: Notation, window: Window) -> str:
    return f"({_top(notation, window)}) / s + 1"


def _slid(notation: Notation, window: Window, n: int) -> Working:
    top = _top(notation, window)
    rounding = "ceil" if window.fit == "ceil" else "floor"
    if notation.relates and window.stride == 1:
        text = f"({top}) + 1"
    elif notation.exact and not window.remainder(n):
        text = _quotient(notation, window)
    elif notation.inside:
        text = f"{rounding}({_quotient(notation, window)})"
    else:
        text = f"{rounding}(({top}) / s) + 1"
    return _put_in(text, window, n, _source(notation, window))


def _transposed(notation: Notation, window: TransposedWindow, n: int) -> Working:
    taken = _padding(window, True)[1]
    kernel = "d*(k - 1) + 1" if _dilated(notation, window) else "e" if window.dilation > 1 else "k"
    extra = " + a" if window.extra or notation.dilates == "always" else ""
    return _put_in(f"(n - 1) * s{taken} + {kernel}{extra}", window, n, _source(notation, window))


def _put_in(text: str, window: Window | TransposedWindow, n: int, source: str) -> Working:
    values = {
        "n": n,
        "p": window.before,
        "b": window.before,
        "c": window.after,
        "d": window.dilation,
        "k": window.kernel,
        "e": EFFECTIVE_KERNEL(d=window.dilation, k=window.kernel).value,
        "s": window.stride,
        "a": window.extra if isinstance(window, TransposedWindow) else 0,
    }
    formula = _size_formula(text, source)
    return formula(**{name: values[name] for name in formula.meanings})


@cache
def _size_formula(text: str, source: str) -> Formula:
    letters = {letter for letter in text.replace("floor", "").replace("ceil", "") if letter.isalpha()}
    return Formula(text, source, **{letter: MEANINGS[letter] for letter in MEANINGS if letter in letters})


def _source(notation: Notation, window: Window | TransposedWindow) -> str:
    """The source of the formula: the notation's own, or the relationship it is."""
    if notation.source:
        return notation.source
    if isinstance(window, TransposedWindow):
        return _transposed_relationship(window)
    return OUTPUT_SIZE_CEIL.source if window.fit == "ceil" else _relationship(window)


def _relationship(window: Window) -> str:
    """Dumoulin & Visin's relationship for a window."""
    if window.dilation > 1:
        return f"{DUMOULIN}, relationship 15"
    padded, strided = bool(window.before or window.after), window.stride > 1
    number = {(False, False): 1, (True, False): 2, (False, True): 5, (True, True): 6}[padded, strided]
    return f"{DUMOULIN}, relationship {number}"


def _transposed_relationship(window: TransposedWindow) -> str:
    padded, strided = bool(window.before or window.after), window.stride > 1
    number = {(False, False): 8, (True, False): 9, (False, True): 12, (True, True): 13}[padded, strided]
    return f"{DUMOULIN}, relationship {14 if window.extra else number}"


def lettered(notation: Notation, working: Working, axes: tuple[str, ...] = ()) -> Working:
    """A working with the letters of a notation; kernel axes of equal length share a letter."""
    meanings = working.formula.meanings
    names: dict[str, str] = {}
    for variable, meaning in meanings.items():
        if meaning == "input size" and notation.axes:
            names[variable] = notation.axes[axes[0] if len(axes) == 1 else ""]
        elif meaning in notation.letters:
            names[variable] = notation.letters[meaning]
    kernel = [variable for variable, meaning in meanings.items() if _is_kernel_axis(meaning)]
    letter = notation.letters.get("kernel size", "k")
    square = len({working.values[variable] for variable in kernel}) == 1
    for variable in kernel:
        names[variable] = letter if square else letter + variable.partition("_")[1] + variable[-1]
    return working.renamed(names)


def _is_kernel_axis(meaning: str) -> bool:
    return meaning in ("kernel depth", "kernel height", "kernel width", "kernel length")
