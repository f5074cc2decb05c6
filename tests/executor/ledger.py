"""Arrays that record every elementary operation that NumPy performs on them.

The executor's counts are compared with these records, which shows uncounted operations.
"""

from collections import Counter
from math import prod
from typing import Any, ClassVar

import numpy as np

from cnncalc.executor.runtime.buffers import Buffers

KINDS: dict[np.ufunc, str] = {
    **dict.fromkeys((np.add, np.subtract), "adds"),
    np.multiply: "products",
    np.divide: "divisions",
    **dict.fromkeys((np.maximum, np.minimum, np.greater), "comparisons"),
    **dict.fromkeys((np.exp, np.log, np.sqrt, np.tanh, np.power), "exponentials"),
}

WITH_ADD = (np.expm1, np.log1p)
"""An exponential or logarithm, and a subtraction or addition of 1."""

FREE = (np.negative, np.absolute, np.rint)
"""Negations, and reading an array of floats as indices."""

CLIP = "clip"
"""NumPy's ufunc of this name compares twice; it is not public."""


class Noted(np.ndarray):
    """An array whose operations, and those of derived arrays, are recorded in `ledger`."""

    ledger: ClassVar[Counter[str]] = Counter()

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = (), **more: Any) -> Any:
        plain = [bare(each) for each in inputs]
        if out:
            more["out"] = tuple(bare(each) for each in out)
        y = getattr(ufunc, method)(*plain, **more)
        note(ufunc, method, plain, y)
        return out[0] if out else noted(y)

    def __array_function__(self, func: Any, types: Any, args: Any, more: Any) -> Any:
        if func is np.einsum:
            subscripts, *arrays = args
            index = {}
            for letters, array in zip(subscripts.partition("->")[0].split(","), arrays, strict=True):
                index |= dict(zip(letters, array.shape, strict=True))
            Noted.ledger["products"] += prod(index.values())
            more = {name: bare(value) for name, value in more.items()}
            return noted(np.einsum(subscripts, *map(bare, arrays), **more))
        return noted(super().__array_function__(func, types, args, more))


def note(ufunc: np.ufunc, method: str, inputs: list[Any], y: Any) -> None:
    """Record one call. An unknown operation is an error."""
    if ufunc is np.matmul:
        Noted.ledger["products"] += y.size * inputs[0].shape[-1]
        Noted.ledger["partial sums"] += y.size
    elif ufunc in WITH_ADD:
        Noted.ledger.update(adds=y.size, exponentials=y.size)
    elif ufunc.__name__ == CLIP:
        Noted.ledger["comparisons"] += 2 * y.size
    elif ufunc not in FREE:
        steps = {"__call__": y.size, "reduce": np.size(inputs[0]) - y.size}[method]
        Noted.ledger[KINDS[ufunc]] += steps


def bare(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Noted) else value


def noted(value: Any) -> Any:
    return value.view(Noted) if isinstance(value, np.ndarray) else value


class NotedBuffers(Buffers):
    """Lends memory whose use is recorded."""

    def lend(self, *args: Any) -> Any:
        return noted(super().lend(*args))
