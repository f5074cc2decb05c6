"""The bytes that a network takes, at inference and in training."""

from msgspec import Struct

from cnncalc.analysis.counts import Totals
from cnncalc.analysis.liveness import Use
from cnncalc.datatypes import BYTES, STATES, DataType, Optimizer
from cnncalc.formula import Formula
from cnncalc.graph import Graph

BYTES_OF_VALUES = Formula("b * n * s", b="samples in a batch", n="values", s="bytes of one value")
BYTES_OF_PARAMETERS = Formula("n * s", n="parameters", s="bytes of one")


class Memory(Struct, frozen=True):
    """Bytes, for one batch.

    Attributes:
        parameters: the learnable numbers, those of shared weights once.
        buffers: what is stored with them without being learned.
        activations: every layer's output together; what only views its input adds nothing.
        peak: the most that inputs and outputs of an inference take at one time.
        peak_layer: the layer that runs at that time.
        gradients: one number for each trainable parameter.
        optimizer: the state that the optimizer keeps for each of them.
        kept: the tensors that the forward pass of training keeps for the backward pass.
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

    @property
    def inference(self) -> int:
        """Parameters, buffers and the peak of the activations."""
        return self.parameters + self.buffers + self.peak

    @property
    def training(self) -> int:
        """Parameters, buffers, gradients, optimizer state and what backward needs."""
        return self.parameters + self.buffers + self.gradients + self.optimizer + self.kept

    @property
    def trains_on_less(self) -> bool:
        """Whether training comes to less than an inference: backward keeps less than the peak."""
        return self.training < self.inference


def memory(
    graph: Graph, each: list[Use], totals: Totals, batch: int, data_type: DataType, method: Optimizer
) -> Memory:
    """The bytes of a network whose parameters are counted and whose uses are known."""
    size = BYTES[data_type]
    peak = max(range(len(each)), key=lambda at: each[at].alive)
    return Memory(
        data_type=data_type,
        method=method,
        parameters=totals.params.total * size,
        buffers=totals.buffers * size,
        activations=sum(use.output for use in each[1:]) * batch * size,
        peak=each[peak].alive * batch * size,
        peak_layer=graph.nodes[peak].name,
        gradients=totals.params.trainable * size,
        optimizer=totals.params.trainable * STATES[method] * size,
        kept=sum(use.kept for use in each) * batch * size,
    )


def megabytes(size: int) -> str:
    """Bytes for reading: 102.2 MB. KB, MB and GB are powers of 1000."""
    if size < 1000:
        return f"{size} bytes"
    power = min((len(str(size)) - 1) // 3, 3)
    return f"{size / 1000**power:,.1f} {('', 'KB', 'MB', 'GB')[power]}"
