"""How large a layer's output is, what its windows span, and what its stride leaves over."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from msgspec import structs

from cnncalc.formula import Formula, Working
from cnncalc.homework.explain.explained import Derivation, Line
from cnncalc.homework.explain.notation import Notation, before_rounding, lettered, padded, sized
from cnncalc.layers import Layer, Merge
from cnncalc.layers.adaptive import SpatialPyramidPool
from cnncalc.layers.base import Windows
from cnncalc.layers.convolution import Depthwise
from cnncalc.layers.merging import Concat
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth
from cnncalc.layers.reshaping import Crop, Flatten, Pad, Slice
from cnncalc.layers.tensors import TensorAxis, product
from cnncalc.shapes import Layout, Shape
from cnncalc.window import (
    EFFECTIVE_KERNEL,
    SAME_PADDING,
    UNCHANGED,
    Axis,
    Bins,
    Resample,
    TransposedWindow,
    Window,
)

READS: dict[str | type[Axis], str] = {
    "everything": "each output reads the whole input",
    "rearranged": "the values are the same, in another shape",
    Bins: "each output reads its share of the input: the axes get the size that is asked for",
    Resample: "each output reads the place of the input that it stands on, or those around it",
}
"""What an output reads, where no formula tells the output's size."""

IN_PLACE = "each output reads the input at its own place: the axes keep their sizes"

FINER = Formula("c / r", c="input channels", r="positions that one becomes")
COARSER = Formula("c * r", c="input channels", r="positions that become one")
MULTIPLIED = Formula("c * m", c="input channels", m="maps for each of them")
PYRAMID = Formula("c * b", c="input channels", b="bins of all levels together")
KEPT = Formula("b - a", a="the first channel kept", b="the first one dropped behind them")
BEHIND = Formula("c + z", c="input channels", z="channels of zeros")


def windows_of(layer: Layer, shapes: tuple[Shape, ...]) -> Windows:
    """What a layer's outputs read; of a merge what they read of its first input."""
    return layer.reads(*shapes)[0] if isinstance(layer, Merge) else layer.windows(*shapes)


def what_is_read(windows: Windows) -> str:
    """What an output reads, as a sentence; nothing where formulas tell it."""
    if isinstance(windows, str):
        return READS[windows]
    if all(window is UNCHANGED for window in windows):
        return IN_PLACE
    return READS.get(type(windows[0]), "")


def axes_alike(windows: Windows, x: Shape) -> Iterator[tuple[tuple[str, ...], Axis, int]]:
    """The windows that change an axis, each with its input size and the axes that share both."""
    alike: dict[tuple[Axis, int], list[str]] = {}
    if not isinstance(windows, str):
        for name, n, window in zip(x.axes, x.spatial, windows, strict=True):
            if window is not UNCHANGED:
                alike.setdefault((window, n), []).append(name)
    for (window, n), names in alike.items():
        yield tuple(names), window, n


def sizes_of(
    layer: Layer, shapes: tuple[Shape, ...], y: Shape, layout: Layout, notation: Notation
) -> Iterator[Derivation]:
    """The output's size, and what leads to it."""
    x = shapes[0]
    windows = windows_of(layer, shapes)
    alike = list(axes_alike(windows, x))
    lines, notes = _output(layer, shapes, y, alike, notation)
    yield Derivation("output", "output", y.dims(layout), lines, notes=notes)
    slid = [(names, window, n) for names, window, n in alike if isinstance(window, Window)]
    if slid and not isinstance(layer, Crop | Pad | SpaceToDepth):
        yield from _of_windows(layer, slid, x, windows, layout, notation)


def _output(
    layer: Layer,
    shapes: tuple[Shape, ...],
    y: Shape,
    alike: list[tuple[tuple[str, ...], Axis, int]],
    notation: Notation,
) -> tuple[tuple[Line, ...], tuple[str, ...]]:
    """Where each size comes from: formulas, and what no formula says."""
    lines = []
    for names, window, n in alike:
        if isinstance(window, Window | TransposedWindow | Resample):
            working = sized(notation, window, n, names)
            lines += [Line(" and ".join(names), working)] if working else []
    channels = _channels(layer, shapes, y)
    notes: list[str] = []
    if isinstance(channels, Working):
        lines.append(Line("channels" if y.rank else "length", lettered(notation, channels)))
    else:
        notes = [channels]
    dropped = [names for names, window, n in alike if isinstance(window, Window) and _drops(window, n)]
    notes += [
        f"along {' and '.join(names)} the last window would begin in the padding, and is left out: one less"
        for names in dropped
    ]
    reads = what_is_read(windows_of(layer, shapes))
    return tuple(lines), (*([reads] if reads else []), *notes)


def _drops(window: Window, n: int) -> bool:
    return window.size(n) < window.working(n).value


def _channels(layer: Layer, shapes: tuple[Shape, ...], y: Shape) -> Working | str:
    """Where the number of channels comes from."""
    x = shapes[0]
    match layer:
        case PixelShuffle():
            return FINER(c=x.channels, r=y.positions // x.positions)
        case SpaceToDepth():
            return COARSER(c=x.channels, r=x.positions // y.positions)
        case Depthwise(multiplier=multiplier):
            return MULTIPLIED(c=x.channels, m=multiplier)
        case SpatialPyramidPool():
            return PYRAMID(c=x.channels, b=y.channels // x.channels)
        case Slice(channels=(start, stop)):
            return KEPT(a=start, b=stop)
        case Pad(channels=behind) if behind:
            return BEHIND(c=x.channels, z=behind)
        case Concat():
            return _joined(tuple(each.channels for each in shapes))
        case Flatten():
            return elements(x)
    return _channels_told(layer, x, y)


def _channels_told(layer: Layer, x: Shape, y: Shape) -> str:
    """The same where it takes no arithmetic."""
    if layer.has_neurons:
        each = "one channel for each filter" if y.rank else "one output for each unit"
        return f"{each}: {y.channels:,}"
    return f"{'the channels stay as they are' if y.channels == x.channels else 'channels'}: {y.channels:,}"


def _joined(channels: tuple[int, ...]) -> Working:
    """The channels of all inputs together."""
    values = {f"c_{number}": each for number, each in enumerate(channels, 1)}
    return _sum_of(len(channels))(**values)


@cache
def _sum_of(many: int) -> Formula:
    names = [f"c_{number}" for number in range(1, many + 1)]
    meanings = {name: f"channels of input {number}" for number, name in enumerate(names, 1)}
    return Formula(" + ".join(names), **meanings)


ELEMENT_AXES = {"depth": "d", "height": "h", "width": "w", "length": "l"}


def elements(shape: Shape) -> Working:
    """How many values a tensor holds: its channels times its axes."""
    axes = (
        *(TensorAxis(ELEMENT_AXES[name], name) for name in shape.axes),
        TensorAxis("c", "channels" if shape.rank else "values"),
    )
    return product(axes, shape.dims("hwc"))


def _of_windows(
    layer: Layer,
    slid: list[tuple[tuple[str, ...], Window, int]],
    x: Shape,
    windows: Windows,
    layout: Layout,
    notation: Notation,
) -> Iterator[Derivation]:
    """What sliding windows span, the padded input, and whether the stride fits."""
    assert not isinstance(windows, str)
    each = [window for window in windows if isinstance(window, Window)]
    is_padded = any(window.before or window.after for window in each)
    sizes = tuple(window.padded(n).value for window, n in zip(each, x.spatial, strict=True))
    spans = [
        Line(" and ".join(names), lettered(notation, EFFECTIVE_KERNEL(d=window.dilation, k=window.kernel)))
        for names, window, _ in slid
    ]
    yield Derivation(
        "effective_kernel",
        "effective kernel: what a window spans with its dilation",
        tuple(window.span for window in each),
        tuple(spans),
        aside=all(window.dilation == 1 for window in each),
    )
    yield _padding(layer, slid, each, notation)
    yield Derivation(
        "padded",
        "input with its padding",
        Shape(x.channels, sizes).dims(layout),
        tuple(Line(" and ".join(names), padded(notation, window, n, names)) for names, window, n in slid),
        notes=() if is_padded else ("there is no padding",),
        aside=not is_padded,
    )
    yield _fit(slid, each, x, notation)


def _padding(
    layer: Layer,
    slid: list[tuple[tuple[str, ...], Window, int]],
    each: list[Window],
    notation: Notation,
) -> Derivation:
    mode = getattr(layer, "padding", None)
    lines: list[Line] = []
    if mode in ("same", "same_lower"):
        for names, window, n in slid:
            total = SAME_PADDING(n=n, s=window.stride, d=window.dilation, k=window.kernel)
            lines.append(Line(f"{' and '.join(names)}, both sides together", lettered(notation, total)))
    notes = [
        f"{' and '.join(names)}: {window.before} before, {window.after} after" for names, window, _ in slid
    ]
    if mode == "half":
        notes.append("half: as many on each side as half of the effective kernel, rounded down")
    return Derivation(
        "padding",
        "padding",
        tuple((window.before, window.after) for window in each),
        tuple(lines),
        notes=tuple(notes),
    )


def _fit(
    slid: list[tuple[tuple[str, ...], Window, int]], each: list[Window], x: Shape, notation: Notation
) -> Derivation:
    """The size before rounding, and what each way of rounding makes of it."""
    notes = []
    for names, window, n in slid:
        rest = window.remainder(n)
        where = " and ".join(names)
        if not rest:
            notes.append(f"{where}: the stride fits")
            continue
        down, up = (structs.replace(window, fit=fit).size(n) for fit in ("floor", "ceil"))
        exact = window.fitting(n).exact
        notes += [
            f"{where}: the stride does not fit, {exact} = {_decimal(exact)} windows",
            f"`fit: floor` takes {down} and leaves {_positions(rest)} at the end unread",
            f"`fit: ceil` takes {up}" + _why_no_more(up, down),
            "`fit: exact` refuses it as invalid",
        ]
    return Derivation(
        "fit",
        "whether the stride fits",
        tuple(Fraction(window.fitting(n).exact) for window, n in zip(each, x.spatial, strict=True)),
        tuple(Line(" and ".join(names), before_rounding(notation, w, n, names)) for names, w, n in slid),
        notes=tuple(notes),
    )


def _why_no_more(up: int, down: int) -> str:
    return ": one more, which reaches out over the end" if up > down else ": one more would see padding only"


def _positions(rest: int) -> str:
    return f"{rest} position{'s' * (rest > 1)}"


def _decimal(exact: object) -> str:
    """A fraction as people round it: 2.33."""
    return f"{float(exact):.4g}" if isinstance(exact, Fraction) else str(exact)
