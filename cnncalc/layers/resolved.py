"""The options of a layer as its inputs resolve them: sizes for each axis, padding for each side."""

from functools import lru_cache

from msgspec import structs

from cnncalc.layers.base import Layer
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

PER_WINDOW = ("kernel", "stride", "dilation")
"""Options that a window has along each axis."""


@lru_cache(maxsize=4096)
def resolved(layer: Layer, inputs: tuple[Shape, ...]) -> dict[str, object]:
    """All options by name; a single kernel, stride or dilation becomes one per axis, and the default
    stride of a pooling its kernel; padding, also a named one, becomes (before, after) for each axis.

    >>> from cnncalc.layers.convolution import Conv
    >>> found = resolved(Conv(8, kernel=3, padding="same"), (Shape(3, (32, 32)),))
    >>> found["kernel"], found["padding"]
    ((3, 3), ((1, 1), (1, 1)))
    """
    found = structs.asdict(layer)
    windows = layer.windows(*inputs) if len(inputs) == 1 else ()
    sliding = [each for each in windows if isinstance(each, Window | TransposedWindow)]
    if sliding and len(sliding) == len(windows):
        found |= {name: tuple(getattr(w, name) for w in sliding) for name in PER_WINDOW if name in found}
        if "padding" in found:
            found["padding"] = tuple((window.before, window.after) for window in sliding)
    return found
