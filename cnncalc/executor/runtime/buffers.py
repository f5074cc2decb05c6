"""Reusable memory: allocating a large array takes longer than computing it."""

from math import prod

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.runtime.arithmetic import Array


class Buffers:
    """Memory blocks, lent as arrays and reclaimed after the last reader has run."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []
        self._lent: dict[int, np.ndarray] = {}
        self._holders: dict[int, int] = {}

    def forget(self) -> None:
        """Forget blocks that were never returned, such as after an error."""
        self._lent.clear()
        self._holders.clear()

    def lend(self, shape: tuple[int, ...], data_type: DTypeLike) -> Array:
        """An uninitialized array in the smallest free block that is large enough."""
        size = max(prod(shape) * np.dtype(data_type).itemsize, 1)
        fitting = [at for at, block in enumerate(self._free) if size <= block.nbytes]
        if fitting:
            block = self._free.pop(min(fitting, key=lambda at: self._free[at].nbytes))
        else:
            if self._free:  # release the largest block that is too small before allocating a new one
                self._free.pop(max(range(len(self._free)), key=lambda at: self._free[at].nbytes))
            block = np.empty(size, np.uint8)
        array: Array = block[:size].view(data_type)[: prod(shape)].reshape(shape)
        self._lent[block_of(array)] = block
        return array

    def hold(self, array: Array) -> None:
        """Add a reader, or a tensor in the same memory."""
        at = block_of(array)
        if at in self._lent:
            self._holders[at] = self._holders.get(at, 0) + 1

    def release(self, array: Array) -> None:
        """Remove a reader; without readers, the block is free."""
        at = block_of(array)
        if at not in self._lent:
            return
        self._holders[at] = self._holders.get(at, 1) - 1
        if self._holders[at] <= 0:
            del self._holders[at]
            self._free.append(self._lent.pop(at))

    def readers(self, array: Array) -> int:
        """The number of readers of an array's memory; 0 if it was not lent."""
        return self._holders.get(block_of(array), 0)


def block_of(array: Array) -> int:
    """The memory block of an array."""
    return id(array if array.base is None else array.base)
