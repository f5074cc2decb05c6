"""The record of a run: sizes, operations and values of every layer, and the outputs that are kept."""

from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct, structs

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.layers.base import Elementary


class LayerTrace(Struct, frozen=True):
    """The record of one layer's run, for the whole batch.

    Attributes:
        name, kind: the layer's.
        dims: sizes of its output without the batch, channels first.
        data_type: of its output.
        seconds: the time that it took, without its weights'.
        preparing: the time for drawing its weights and putting them in order.
        counts: the operations that it carried out.
        tensors: the sizes of the weights and buffers that it asked for.
        alive: bytes of all tensors that were held when it had run.
        least, mean, most: of its output's numbers; 0 where nothing was observed.
        zeros: the share of them that are 0.
        bad: how many of them are no number, or infinite.
    """

    name: str
    kind: str
    dims: tuple[int, ...]
    data_type: str
    seconds: float
    counts: dict[Elementary, int]
    tensors: dict[str, tuple[int, ...]]
    alive: int
    preparing: float = 0.0
    least: float = 0.0
    mean: float = 0.0
    most: float = 0.0
    zeros: float = 0.0
    bad: int = 0


class Activations(Mapping[str, Array]):
    """The outputs that were kept, by layer; batch first, then in the layout of the spec."""

    def __init__(
        self, output: Array, kept: dict[str, Array], seen: tuple[LayerTrace, ...], names: set[str]
    ) -> None:
        self.output = output
        self.seen = seen
        self._kept = kept
        self._names = names

    def __getitem__(self, name: str) -> Array:
        if name in self._kept:
            return self._kept[name]
        if name in self._names:
            raise KeyError(f"{name} was not kept: run(…, keep=['{name}']), or keep='*' for all")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def observed(trace: LayerTrace, y: Array) -> LayerTrace:
    """A layer's record with the statistics of its output."""
    bad = int(y.size - np.count_nonzero(np.isfinite(y)))
    with np.errstate(all="ignore"):
        least, mean, most = float(y.min()), float(y.mean(dtype=np.float64)), float(y.max())
    zeros = 1 - int(np.count_nonzero(y)) / y.size
    return structs.replace(trace, least=least, mean=mean, most=most, zeros=zeros, bad=bad)
