"""The trace of a run: shapes, operations and statistics of every layer, and kept outputs."""

from collections.abc import Iterator, Mapping

import numpy as np
from msgspec import Struct, structs

from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.layers.base import Elementary


class LayerTrace(Struct, frozen=True):
    """The trace of one layer, for the whole batch.

    Attributes:
        name, kind: name and kind of the layer.
        dims: output shape without the batch, channels first.
        data_type: data type of its output.
        seconds: run time, without preparing weights.
        preparing: time for initializing and reordering its weights.
        counts: the operations performed.
        macs_on_padding: those of its multiply-adds that met only padding.
        tensors: the shapes of the weights and buffers used.
        alive: bytes of all tensors held after it has run.
        least, mean, most: minimum, mean and maximum of its output; 0 if not observed.
        zeros: the fraction of zeros in its output.
        bad: the number of NaN or infinite values in its output.
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
    macs_on_padding: int = 0
    least: float = 0.0
    mean: float = 0.0
    most: float = 0.0
    zeros: float = 0.0
    bad: int = 0


class Activations(Mapping[str, Array]):
    """Kept outputs by layer; batch first, then in the spec's layout.

    `outputs` are the outputs of the network by name, `output` is the first of them.
    """

    def __init__(
        self,
        outputs: dict[str, Array],
        kept: dict[str, Array],
        traces: tuple[LayerTrace, ...],
        names: set[str],
    ) -> None:
        self.outputs = outputs
        self.output = next(iter(outputs.values()))
        self.traces = traces
        self._kept = kept
        self._names = names

    def __repr__(self) -> str:
        sizes = ", ".join("×".join(map(str, output.shape)) for output in self.outputs.values())
        return f"<Activations: output {sizes}, kept {len(self._kept)}>"

    def __getitem__(self, name: str) -> Array:
        if name in self._kept:
            return self._kept[name]
        if name in self._names:
            raise KeyError(f"{name} was not kept: use run(…, keep=['{name}']), or keep='*' for all layers")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._kept)

    def __len__(self) -> int:
        return len(self._kept)


def observed(trace: LayerTrace, y: Array) -> LayerTrace:
    """A layer's trace with the statistics of its output."""
    bad = int(y.size - np.count_nonzero(np.isfinite(y)))
    with np.errstate(all="ignore"):
        least, mean, most = float(y.min()), float(y.mean(dtype=np.float64)), float(y.max())
    zeros = 1 - int(np.count_nonzero(y)) / y.size
    return structs.replace(trace, least=least, mean=mean, most=most, zeros=zeros, bad=bad)
