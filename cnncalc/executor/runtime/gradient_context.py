"""The context of a gradient, and the backward pass through windows."""

from collections.abc import Iterator

import numpy as np

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.runtime.buffers import Buffers
from cnncalc.executor.runtime.context import OpContext, WeightSource
from cnncalc.executor.runtime.window_grid import WindowGrid, cropped


class GradContext(OpContext):
    """The context of one layer in the backward pass; `learn` stores the gradients of its weights."""

    def __init__(self, layer: str, tensors: WeightSource, data_type: np.dtype) -> None:
        super().__init__(layer, tensors, Buffers(), data_type, quick=False)
        self.learned: dict[str, Array] = {}

    def empty(self, shape: tuple[int, ...]) -> Array:
        """New memory: gradients outlive their layer."""
        return np.empty(shape, self.data_type)

    def zeros(self, shape: tuple[int, ...]) -> Array:
        return np.zeros(shape, self.data_type)

    def learn(self, name: str, gradient: Array) -> None:
        """Store the gradient of one of the layer's tensors."""
        self.learned[name] = gradient


class WindowGradient:
    """The gradient of an array read by windows: the sum over all taps of all windows."""

    def __init__(self, grid: WindowGrid, x: Array, ctx: GradContext) -> None:
        sides = zip(x.shape[1:-1], grid.sides, strict=True)
        sizes = (n + before + after for n, (before, after) in sides)
        self._grid = grid
        self._bordered = ctx.zeros((x.shape[0], *sizes, x.shape[-1]))

    def taps(self) -> Iterator[tuple[tuple[int, ...], Array]]:
        """Each tap, and a view of the gradient under it to add to."""
        for tap in self._grid.taps:
            yield tap, self._grid.under(self._bordered, tap)

    @property
    def inside(self) -> Array:
        """The gradient without the border."""
        return cropped(self._bordered, self._grid.sides)


def along(matrix: np.ndarray, x: Array, axis: int) -> Array:
    """`x` multiplied by a matrix along one axis."""
    y: Array = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.T.astype(x.dtype), -1, axis)
    return y


def all_but_last(x: Array) -> tuple[int, ...]:
    """The axes to sum over for one value per channel."""
    return tuple(range(x.ndim - 1))
