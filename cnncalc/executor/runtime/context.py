"""The context of an operation: counted arithmetic, weights, and memory for results."""

from collections.abc import Callable
from time import perf_counter
from typing import Protocol

import numpy as np

from cnncalc.executor.runtime.arithmetic import Arithmetic, Array
from cnncalc.executor.runtime.buffers import Buffers
from cnncalc.executor.runtime.window_grid import Index
from cnncalc.executor.runtime.workers import ALONE, Workers, blocks

PART = 1 << 20
"""Bytes of a result that are computed at a time, so that they stay in the cache."""

SHARED_PRODUCT = 16 << 20
"""Multiply-adds above which a matrix product uses several workers."""


class WeightSource(Protocol):
    """Provides weights to operations, by name and shape."""

    def take(self, layer: str, name: str, dims: tuple[int, ...]) -> Array: ...


class OpContext(Arithmetic):
    """The context of one layer. `quick` allows faster algorithms and results that overwrite inputs."""

    def __init__(
        self,
        layer: str,
        tensors: WeightSource,
        buffers: Buffers,
        data_type: np.dtype,
        quick: bool = True,
        workers: Workers = ALONE,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.quick = quick
        self.data_type = data_type
        self.workers = workers
        self.batch = 1
        """The samples of the batch, for layers without inputs."""
        self.overwrite = False
        """Whether the input may be overwritten, because nothing else reads it."""
        self.preparing = 0.0
        """Seconds for initializing and reordering weights once, not part of the layer's run time."""
        self._tensors = tensors
        self._buffers = buffers
        self._prepared: dict[str, Array] = {}
        self._borrowed: list[Array] = []

    def weight(self, name: str, *dims: int) -> Array:
        """A tensor of the layer, with the shape that the operation expects.

        Raises:
            WeightsError: it has another shape, or is missing.
        """
        start = perf_counter()
        tensor = self._tensors.take(self.layer, name, dims)
        self.preparing += perf_counter() - start
        return tensor

    def prepared(self, name: str, prepare: Callable[[], Array]) -> Array:
        """Compute something from the weights once and cache it for later runs; it is not counted."""
        if name not in self._prepared:
            start = perf_counter()
            self._prepared[name] = np.ascontiguousarray(prepare(), dtype=self.data_type)
            self.preparing += perf_counter() - start
        return self._prepared[name]

    def wide(self, name: str, y: Array, prepare: Callable[[], Array]) -> tuple[Array, Array]:
        """`y` with its last axis and channels merged, and per-channel values repeated along it.

        NumPy is about twice as fast on long rows.
        """
        if y.ndim < 3:
            return y, self.prepared(name, prepare)
        width = y.shape[-2]
        row = self.prepared(f"{name}, {width} wide", lambda: np.tile(prepare(), width))
        return y.reshape(*y.shape[:-2], -1), row

    def empty(self, shape: tuple[int, ...]) -> Array:
        """Memory for a result or for temporary values."""
        array = self._buffers.lend(shape, self.data_type)
        self._buffers.hold(array)
        self._borrowed.append(array)
        return array

    def copy(self, x: Array) -> Array:
        """A copy of `x` in new memory."""
        y = self.empty(x.shape)
        y[...] = x
        return y

    def like(self, x: Array) -> Array:
        """Memory for a result with the shape of `x`: `x` itself if nothing else reads it."""
        return x if self.overwrite else self.empty(x.shape)

    def each(self, y: Array, work: Callable[[Index], object]) -> None:
        """Call `work` for each part of a result; large results are shared between workers."""
        if not self.quick or y.nbytes <= PART:
            work(())
            return
        count = self.workers.count
        parts = blocks(y.shape[:-1], y.itemsize * y.shape[-1], min(PART, y.nbytes // count), among=count)
        self.workers.share(lambda part, _: work(part), parts)

    def product(self, a: Array, b: Array, out: Array) -> None:
        """A matrix product whose rows, or columns if there are more, are shared between workers."""
        by_rows = len(a) >= b.shape[1]
        length = len(a) if by_rows else b.shape[1]
        step = -(-length // self.workers.count) if a.size * b.shape[1] > SHARED_PRODUCT else length

        def part(start: int, _: int) -> None:
            at = slice(start, start + step)
            if by_rows:
                self.matmul(a[at], b, out=out[at])
            else:
                self.matmul(a, b[:, at], out=out[:, at])

        self.workers.share(part, range(0, length, step))

    def done(self) -> None:
        """Return borrowed memory; the network holds the layer's output."""
        for array in self._borrowed:
            self._buffers.release(array)
        self._borrowed.clear()
