"""What goes wrong when people count: slips as data, and the layer or the number that each leads to.

A slip is one object in a table. What it leads to is computed anew, through the layer's own class with an
option changed or from a formula with a term changed; it is never guessed from the answer.
"""

from collections.abc import Callable
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.formula import Formula
from cnncalc.homework.quantities import windows_of
from cnncalc.layers import Layer, LayerError, options_of
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

Inputs = tuple[Shape, ...]


class Cause(Struct, frozen=True):
    """Why an answer is as it is: the slips that lead to it, the likeliest first, and what to say of it.

    `steps` is how far it leads from counting rightly, 100 for one common slip; the least is the likeliest.
    """

    slips: tuple[str, ...]
    says: str
    steps: int = 100


class Taken(Struct, frozen=True):
    """A layer as it is taken by mistake: with other options, or with another output."""

    layer: Layer
    output: Shape


class LayerSlip(Struct, frozen=True):
    """A slip about one layer.

    Attributes:
        name: what programs call it.
        says: the sentence to the student; it names no number.
        options: the layer with the options that it is taken to have, None where it could not be.
        size: the output size along an axis, from the formula's variables.
        transposed: the same of a transposed convolution.
        depth: the output's channels.
    """

    name: str
    says: str
    options: Callable[[Layer, Inputs], Layer | None] | None = None
    size: Formula | None = None
    transposed: Formula | None = None
    depth: Callable[[Layer, Inputs, Shape], int | None] | None = None

    @property
    def part(self) -> str:
        """What it gets wrong; slips of different parts can happen at once."""
        return "options" if self.options else "depth" if self.depth else "size"


def taken(slips: tuple[LayerSlip, ...], layer: Layer, inputs: Inputs) -> Taken | None:
    """The layer as it is taken when these slips happen; None where one cannot happen, or none fits."""
    try:
        for slip in slips:
            if slip.options:
                changed = slip.options(layer, inputs)
                if changed is None:
                    return None
                layer = changed
        output = layer.output(*inputs)
        for slip in slips:
            changed_output = _with_output(slip, layer, inputs, output)
            if changed_output is None:
                return None
            output = changed_output
    except (LayerError, ArithmeticError, IndexError):
        return None
    return Taken(layer, output)


def _with_output(slip: LayerSlip, layer: Layer, inputs: Inputs, output: Shape) -> Shape | None:
    """The output that a slip makes of a layer's; None where it cannot happen."""
    if slip.depth:
        depth = slip.depth(layer, inputs, output)
        return replace(output, channels=depth) if depth and depth > 0 else None
    return _with_sizes(slip, layer, inputs, output) if slip.part == "size" else output


def _with_sizes(slip: LayerSlip, layer: Layer, inputs: Inputs, output: Shape) -> Shape | None:
    windows = windows_of(layer, inputs)
    if not windows or not {"kernel", "amount"} & set(options_of(type(layer))):
        return None
    sizes = []
    for window, n in zip(windows, inputs[0].spatial, strict=True):
        formula = slip.transposed if isinstance(window, TransposedWindow) else slip.size
        if formula is None or not isinstance(window, Window | TransposedWindow):
            return None
        known = variables_of(window, n)
        value = Fraction(formula.evaluate(**{name: known[name] for name in formula.meanings}))
        if value < 1 or value.denominator > 1:
            return None
        sizes.append(int(value))
    return Shape(output.channels, tuple(sizes))


def variables_of(window: Window | TransposedWindow, n: int) -> dict[str, int]:
    """What the formulas of sizes speak of, for an axis of `n` inputs."""
    return {
        "n": n,
        "p": window.before + window.after,
        "d": window.dilation,
        "k": window.kernel,
        "s": window.stride,
        "a": window.extra if isinstance(window, TransposedWindow) else 0,
    }
