"""The axes of arrays by name: the batch comes first and the channels last."""

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.shapes import AXES


def axis_of(name: str, x: Array) -> int:
    """The index of a named axis of a sample."""
    return x.ndim - 1 if name == "channels" else AXES[x.ndim - 2].index(name) + 1


def axes_of(over: str | tuple[str, ...], x: Array) -> tuple[int, ...]:
    """The indices of one name, several, or of all `positions`, in order."""
    if over == "positions":
        return tuple(range(1, x.ndim - 1))
    names = (over,) if isinstance(over, str) else over
    return tuple(sorted(axis_of(name, x) for name in names))
