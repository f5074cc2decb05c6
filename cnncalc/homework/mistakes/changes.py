"""What a mistake changes of a layer: an option, its padding, a term in the formula of its size."""

import re
from collections.abc import Callable

from msgspec.structs import replace

from cnncalc.formula import Formula
from cnncalc.homework.quantities import windows_of
from cnncalc.layers import Layer, options_of
from cnncalc.layers.reshaping import Pad
from cnncalc.layers.sliding import both_sides
from cnncalc.shapes import Shape
from cnncalc.window import TRANSPOSED_SIZE, TransposedWindow, Window

Inputs = tuple[Shape, ...]


def with_options(**options: object) -> Callable[[Layer, Inputs], Layer | None]:
    """The layer with some options otherwise; None where it has no such option, or has it so."""

    def change(layer: Layer, inputs: Inputs) -> Layer | None:
        if not set(options) <= set(options_of(type(layer))):
            return None
        changed = replace(layer, **options)
        return None if changed == layer else changed

    return change


def sides_of(layer: Layer, inputs: Inputs) -> tuple[tuple[int, int], ...]:
    """(before, after) of each axis of a layer that pads."""
    if "padding" not in options_of(type(layer)):
        return ()
    windows = windows_of(layer, inputs)
    return tuple((w.before, w.after) for w in windows if isinstance(w, Window | TransposedWindow))


def with_padding(change: Callable[[int, int], tuple[int, int]]) -> Callable[[Layer, Inputs], Layer | None]:
    """The layer with other padding, where it has some."""

    def changed(layer: Layer, inputs: Inputs) -> Layer | None:
        if isinstance(layer, Pad):
            return replace(
                layer, amount=tuple(change(*side) for side in both_sides(inputs[0], layer.amount, ""))
            )
        sides = sides_of(layer, inputs)
        if not any(map(any, sides)):
            return None
        return replace(layer, padding=tuple(change(*side) for side in sides))

    return changed


def with_padding_of_one(layer: Layer, inputs: Inputs) -> Layer | None:
    """The layer with a padding of 1, where it has none."""
    sides = sides_of(layer, inputs)
    return replace(layer, padding=1) if sides and not any(map(any, sides)) else None


def with_stretched_kernel(layer: Layer, inputs: Inputs) -> Layer | None:
    """The layer with d·k as its effective kernel."""
    windows = windows_of(layer, inputs)
    spans = [w.dilation * w.kernel for w in windows if isinstance(w, Window) and w.dilation > 1]
    if len(spans) != len(windows) or "dilation" not in options_of(type(layer)) or not spans:
        return None
    padded = tuple((w.before, w.after) for w in windows if isinstance(w, Window))
    return replace(layer, kernel=tuple(spans), dilation=1, padding=padded)


def with_stride_of_kernel(layer: Layer, inputs: Inputs) -> Layer | None:
    """The layer with its kernel as its stride."""
    if not {"kernel", "stride", "padding"} <= set(options_of(type(layer))):
        return None
    windows = [w for w in windows_of(layer, inputs) if isinstance(w, Window | TransposedWindow)]
    if not windows or all(w.kernel == w.stride for w in windows):
        return None
    padded = tuple((w.before, w.after) for w in windows)
    return replace(layer, stride=tuple(w.kernel for w in windows), padding=padded)


def with_group_for_each(layer: Layer, inputs: Inputs) -> Layer | None:
    """The layer with a group for each channel."""
    if "groups" not in options_of(type(layer)) or inputs[0].channels == 1:
        return None
    changed = replace(layer, groups=inputs[0].channels)
    return None if changed == layer else changed


def sized(text: str) -> Formula:
    """The size's formula with a term changed: the text, its variables as they are."""
    used = set(re.findall("[a-z]+", text))
    return Formula(text, **{name: said for name, said in TRANSPOSED_SIZE.meanings.items() if name in used})


def kernel_of(layer: Layer, inputs: Inputs) -> int | None:
    windows = windows_of(layer, inputs)
    found = [w.kernel for w in windows if isinstance(w, Window | TransposedWindow)]
    return found[0] if found and "kernel" in options_of(type(layer)) else None


def added_around(layer: Layer, inputs: Inputs) -> tuple[int, ...]:
    """What a padding adds to the first axis, before and after it."""
    if isinstance(layer, Pad):
        return both_sides(inputs[0], layer.amount, "amount")[0]
    sides = sides_of(layer, inputs)
    return sides[0] if sides and any(sides[0]) else ()
