"""Borders that hold copies of the values inside, and the gradient through them."""

from typing import Literal

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.gradient_context import along
from cnncalc.executor.runtime.window_grid import Sides

MODES: dict[str, Literal["reflect", "edge", "wrap"]] = {
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
"""The names of padding modes in numpy.pad."""


def copied_border(x: Array, sides: Sides, mode: str) -> Array:
    """`x` with a border of copies."""
    return np.pad(x, ((0, 0), *sides, (0, 0)), mode=MODES[mode])


def copied_border_gradient(dy: Array, sizes: tuple[int, ...], sides: Sides, mode: str) -> Array:
    """The gradient of the border is added to the positions that it copies."""
    for axis, (n, side) in enumerate(zip(sizes, sides, strict=True), start=1):
        copied = np.pad(np.arange(n), side, mode=MODES[mode])
        dy = along(np.eye(n)[copied].T, dy, axis)
    return dy
