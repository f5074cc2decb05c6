"""The memory of a network in bytes, for inference and training."""

from msgspec import Struct

from cnncalc.analysis.counts import Totals
from cnncalc.analysis.liveness import Use
from cnncalc.datatypes import BYTES, STATES, DataType, Optimizer
from cnncalc.formula import Formula
from cnncalc.graph import Graph

BYTES_OF_VALUES = Formula("b * n * s", b="batch size", n="values", s="bytes per value")
BYTES_OF_PARAMETERS = Formula("n * s", n="parameters", s="bytes per parameter")


class Memory(Struct, frozen=True):
    """Bytes, for one batch.

    Attributes:
        parameters: learnable values; shared weights count once.
        buffers: values stored but not learned.
        activations: the outputs of all layers; views of an input add nothing.
        peak: peak memory of activations during inference.
        peak_layer: the layer that runs at the peak.
        gradients: one value for each trainable parameter.
        optimizer: optimizer state of the trainable parameters.
        kept: activations saved for the backward pass.
        auxiliary: parameters and buffers of auxiliary heads, which only training needs.
    """

    data_type: DataType
    method: Optimizer
    parameters: int
    buffers: int
    activations: int
    peak: int
    peak_layer: str
    gradients: int
    optimizer: int
    kept: int
    auxiliary: int = 0

    @property
    def inference(self) -> int:
        """Parameters, buffers and peak activations."""
        return self.parameters + self.buffers + self.peak

    @property
    def training(self) -> int:
        """Parameters, buffers, gradients, optimizer state and saved activations, with auxiliary heads."""
        stored = self.parameters + self.buffers + self.auxiliary
        return stored + self.gradients + self.optimizer + self.kept

    @property
    def trains_on_less(self) -> bool:
        """Whether training takes less than inference, because saved activations are below the peak."""
        return self.training < self.inference


def memory(
    graph: Graph,
    each: list[Use],
    totals: Totals,
    heads: Totals,
    batch: int,
    data_type: DataType,
    method: Optimizer,
) -> Memory:
    """The memory of a network from its parameters, those of its auxiliary heads, and uses."""
    size = BYTES[data_type]
    trainable = totals.params.trainable + heads.params.trainable
    outputs = (
        use.output for at, use in enumerate(each) if at >= graph.entries and at not in graph.training_only
    )
    peak = max(range(len(each)), key=lambda at: each[at].alive)
    return Memory(
        data_type=data_type,
        method=method,
        parameters=totals.params.total * size,
        buffers=totals.buffers * size,
        activations=sum(outputs) * batch * size,
        peak=each[peak].alive * batch * size,
        peak_layer=graph.nodes[peak].name,
        gradients=trainable * size,
        optimizer=trainable * STATES[method] * size,
        kept=sum(use.kept for use in each) * batch * size,
        auxiliary=(heads.params.total + heads.buffers) * size,
    )


def megabytes(size: int) -> str:
    """Format bytes: 102.2 MB. KB, MB and GB are powers of 1000."""
    if size < 1000:
        return f"{size} bytes"
    power = min((len(str(size)) - 1) // 3, 3)
    tenths = (20 * size + 1000**power) // (2 * 1000**power)  # whole numbers: a size may not fit in a float
    return f"{tenths // 10:,}.{tenths % 10} {('', 'KB', 'MB', 'GB')[power]}"
