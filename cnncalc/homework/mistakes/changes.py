"""How mistakes change a layer: an option, its padding, or a term in its size formula."""

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
    """The layer with options changed; None if it lacks one or nothing changes."""

    def change(layer: Layer, inputs: Inputs) -> Layer | None:
        if not set(options) <= set(options_of(type(layer))):
            return None
        changed = replace(layer, **options)
        return None if changed == layer else changed

    return change


def sides_of(layer: Layer, inputs: Inputs) -> tuple[tuple[int, int], ...]:
    """(before, after) for each axis of a layer with padding."""
    if "padding" not in options_of(type(layer)):
        return ()
    windows = windows_of(layer, inputs)
    return tuple((w.before, w.after) for w in windows if isinstance(w, Window | TransposedWindow))


def with_padding(change: Callable[[int, int], tuple[int, int]]) -> Callable[[Layer, Inputs], Layer | None]:
    """The layer with its padding changed; None if it has none."""

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
    """The layer with padding 1; None if it already has padding."""
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
    """The layer with its kernel size as its stride."""
    if not {"kernel", "stride", "padding"} <= set(options_of(type(layer))):
        return None
    windows = [w for w in windows_of(layer, inputs) if isinstance(w, Window | TransposedWindow)]
    if not windows or all(w.kernel == w.stride for w in windows):
        return None
    padded = tuple((w.before, w.after) for w in windows)
    return replace(layer, stride=tuple(w.kernel for w in windows), padding=padded)


def with_group_for_each(layer: Layer, inputs: Inputs) -> Layer | None:
    """The layer with one group per channel."""
    if "groups" not in options_of(type(layer)) or inputs[0].channels == 1:
        return None
    changed = replace(layer, groups=inputs[0].channels)
    return None if changed == layer else changed


def sized(text: str) -> Formula:
    """A size formula with a term changed, in the same variables."""
    used = set(re.findall("[a-z]+", text))
    return Formula(text, **{name: each for name, each in TRANSPOSED_SIZE.meanings.items() if name in used})


def kernel_of(layer: Layer, inputs: Inputs) -> int | None:
    windows = windows_of(layer, inputs)
    found = [w.kernel for w in windows if isinstance(w, Window | TransposedWindow)]
    return found[0] if found and "kernel" in options_of(type(layer)) else None


def added_around(layer: Layer, inputs: Inputs) -> tuple[int, ...]:
    """The padding before and after the first axis."""
    if isinstance(layer, Pad):
        return both_sides(inputs[0], layer.amount, "amount")[0]
    sides = sides_of(layer, inputs)
    return sides[0] if sides and any(sides[0]) else ()
