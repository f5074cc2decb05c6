"""Reusable memory: allocating an array of many megabytes costs more than computing it."""

from math import prod

import numpy as np
from numpy.typing import DTypeLike

from cnncalc.executor.runtime.arithmetic import Array


class Buffers:
    """Blocks of memory, lent as arrays and reclaimed after their last reader has run."""

    def __init__(self) -> None:
        self._free: list[np.ndarray] = []
        self._lent: dict[int, np.ndarray] = {}
        self._holders: dict[int, int] = {}

    def forget(self) -> None:
        """Drops what was lent and never returned, such as by a run that an error ended."""
        self._lent.clear()
        self._holders.clear()

    def lend(self, shape: tuple[int, ...], data_type: DTypeLike) -> Array:
        """An uninitialised array in the smallest free block that is large enough."""
        size = max(prod(shape) * np.dtype(data_type).itemsize, 1)
        fitting = [at for at, block in enumerate(self._free) if size <= block.nbytes]
        if fitting:
            block = self._free.pop(min(fitting, key=lambda at: self._free[at].nbytes))
        else:
            if self._free:  # the largest of those too small is let go before a larger one is made
                self._free.pop(max(range(len(self._free)), key=lambda at: self._free[at].nbytes))
            block = np.empty(size, np.uint8)
        array: Array = block[:size].view(data_type)[: prod(shape)].reshape(shape)
        self._lent[block_of(array)] = block
        return array

    def hold(self, array: Array) -> None:
        """Adds a reader, or a tensor in the same memory."""
        at = block_of(array)
        if at in self._lent:
            self._holders[at] = self._holders.get(at, 0) + 1

    def release(self, array: Array) -> None:
        """Removes a reader; without any the memory is free."""
        at = block_of(array)
        if at not in self._lent:
            return
        self._holders[at] = self._holders.get(at, 1) - 1
        if self._holders[at] <= 0:
            del self._holders[at]
            self._free.append(self._lent.pop(at))

    def readers(self, array: Array) -> int:
        """How many still hold the memory that an array lies in; 0 where it was not lent."""
        return self._holders.get(block_of(array), 0)


def block_of(array: Array) -> int:
    """Which block of memory an array lies in."""
    return id(array if array.base is None else array.base)
