"""Output size, effective kernel, padding, and whether the stride divides evenly."""

from collections.abc import Iterator
from fractions import Fraction
from functools import cache

from msgspec import structs

from cnncalc.formula import Formula, Working
from cnncalc.homework.explain.explained import Derivation, Line
from cnncalc.homework.explain.notation import Notation, before_rounding, lettered, padded, sized
from cnncalc.layers import Layer, Merge, TensorSource
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
    Blocks,
    Placed,
    Repeated,
    Resample,
    Strided,
    TransposedWindow,
    Whole,
    Window,
)

READS: dict[str | type[Axis], str] = {
    "everything": "each output reads the whole input",
    "rearranged": "same values, different shape",
    "nothing": "no input is read: the shape is given",
    Blocks: "each output reads all positions of its window",
    Strided: "each output reads equally spaced positions, of which it is one",
    Whole: "each output reads all positions along an axis",
    Placed: "each output is a position of one of the inputs",
    Repeated: "the size of 1 is repeated",
    "unknown": "channels and positions are exchanged",
    "declared": "declared in the spec, not computed; it does not say what an output reads",
    Bins: "each output reads one bin of the input; the output size is given",
    Resample: "each output reads the nearest input position, or those around it",
}
"""What an output reads, for layers without a size formula."""

IN_PLACE = "each output reads the input at its own position; sizes do not change"

FINER = Formula("c / r", c="input channels", r="output positions per input position")
COARSER = Formula("c * r", c="input channels", r="input positions per output position")
MULTIPLIED = Formula("c * m", c="input channels", m="maps per channel")
PYRAMID = Formula("c * b", c="input channels", b="bins of all levels")
KEPT = Formula("b - a", a="start channel", b="stop channel (not included)")
ZEROS_APPENDED = Formula("c + z", c="input channels", z="channels of zeros")


def windows_of(layer: Layer, shapes: tuple[Shape, ...]) -> Windows:
    """The windows of a layer; for a merge, those on its first input."""
    return layer.reads(*shapes)[0] if isinstance(layer, Merge) else layer.windows(*shapes)


def what_is_read(windows: Windows) -> str:
    """What an output reads, in words; empty if a formula gives the size."""
    if isinstance(windows, str):
        return READS[windows]
    if all(window is UNCHANGED for window in windows):
        return IN_PLACE
    return READS.get(type(next(window for window in windows if window is not UNCHANGED)), "")


def axes_alike(windows: Windows, x: Shape) -> Iterator[tuple[tuple[str, ...], Axis, int]]:
    """Windows that change an axis, each with the axes that share it and their input size."""
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
    """The output size, and what determines it."""
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
    """Formulas for each output size, and notes."""
    lines = []
    for names, window, n in alike:
        if isinstance(window, Window | TransposedWindow | Resample):
            working = sized(notation, window, n, names)
            lines += [Line(" and ".join(names), working)] if working else []
    if isinstance(layer, Concat) and layer.axis in y.axes:
        at = y.axes.index(layer.axis)
        lines.append(Line(layer.axis, _joined(tuple(each.spatial[at] for each in shapes), layer.axis)))
    channels = _channels(layer, shapes, y)
    notes: list[str] = []
    if isinstance(channels, Working):
        lines.append(Line("channels" if y.rank else "length", lettered(notation, channels)))
    elif channels:
        notes = [channels]
    dropped = [names for names, window, n in alike if isinstance(window, Window) and _drops(window, n)]
    notes += [
        f"{' and '.join(names)}: one less, because the last window would start in the padding"
        for names in dropped
    ]
    reads = what_is_read(windows_of(layer, shapes))
    return tuple(lines), (*([reads] if reads else []), *notes)


def _drops(window: Window, n: int) -> bool:
    return window.size(n) < window.working(n).value


def _channels(layer: Layer, shapes: tuple[Shape, ...], y: Shape) -> Working | str:
    """The formula for the channels, or a note."""
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
        case Pad(channels=added) if added:
            return ZEROS_APPENDED(c=x.channels, z=added)
        case Concat(axis="channels"):
            return _joined(tuple(each.channels for each in shapes))
        case Flatten():
            return elements(x)
    return _channels_note(layer, x, y)


def _channels_note(layer: Layer, x: Shape, y: Shape) -> str:
    """The channels, for layers without a formula for them."""
    if layer.has_neurons:
        each = "one channel per filter" if y.rank else "one output per unit"
        return f"{each}: {y.channels:,}"
    if isinstance(layer, TensorSource):
        return ""
    return f"{'channels unchanged' if y.channels == x.channels else 'channels'}: {y.channels:,}"


def _joined(sizes: tuple[int, ...], axis: str = "channels") -> Working:
    """The sum of the inputs' channels, or of their sizes along another axis."""
    values = {f"{axis[0]}_{number}": each for number, each in enumerate(sizes, 1)}
    return _sum_of(len(sizes), axis)(**values)


@cache
def _sum_of(many: int, axis: str) -> Formula:
    names = [f"{axis[0]}_{number}" for number in range(1, many + 1)]
    meanings = {name: f"{axis} of input {number}" for number, name in enumerate(names, 1)}
    return Formula(" + ".join(names), **meanings)


ELEMENT_AXES = {"depth": "d", "height": "h", "width": "w", "length": "l"}


def elements(shape: Shape) -> Working:
    """The number of values in a tensor: the product of its axes."""
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
    """Effective kernel, padding, padded input, and whether the stride divides evenly."""
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
        "effective kernel (with dilation)",
        tuple(window.span for window in each),
        tuple(spans),
        aside=all(window.dilation == 1 for window in each),
    )
    yield _padding(layer, slid, each, notation)
    yield Derivation(
        "padded",
        "padded input",
        Shape(x.channels, sizes).dims(layout),
        tuple(Line(" and ".join(names), padded(notation, window, n, names)) for names, window, n in slid),
        notes=() if is_padded else ("no padding",),
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
            lines.append(Line(f"{' and '.join(names)}, both sides", lettered(notation, total)))
    notes = [
        f"{' and '.join(names)}: {window.before} before, {window.after} after" for names, window, _ in slid
    ]
    if mode == "half":
        notes.append("half: on each side, half the effective kernel, rounded down")
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
    """The size before rounding, and the result of each way to round it."""
    notes = []
    for names, window, n in slid:
        unread = window.remainder(n)
        where = " and ".join(names)
        if not unread:
            notes.append(f"{where}: the stride divides evenly")
            continue
        down, up = (structs.replace(window, fit=fit).size(n) for fit in ("floor", "ceil"))
        exact = window.fitting(n).exact
        notes += [
            f"{where}: the stride does not divide evenly: {exact} = {_decimal(exact)} windows",
            f"`fit: floor` gives {down} and leaves {_positions(unread)} at the end unread",
            f"`fit: ceil` gives {up}" + _last_window(up, down),
            "`fit: exact` reports an error",
        ]
    return Derivation(
        "fit",
        "stride divides evenly",
        tuple(Fraction(window.fitting(n).exact) for window, n in zip(each, x.spatial, strict=True)),
        tuple(Line(" and ".join(names), before_rounding(notation, w, n, names)) for names, w, n in slid),
        notes=tuple(notes),
    )


def _last_window(up: int, down: int) -> str:
    return ": the last window extends past the end" if up > down else ": one more would read only padding"


def _positions(number: int) -> str:
    return f"{number} position{'s' * (number > 1)}"


def _decimal(exact: object) -> str:
    """A fraction as a decimal: 2.333."""
    return f"{float(exact):.4g}" if isinstance(exact, Fraction) else str(exact)
