"""Report: every number of a network, layer by layer and in total."""

from msgspec import Struct

from cnncalc.analysis.field import Field
from cnncalc.analysis.liveness import BYTES, STATES, DataType, Optimizer, Use
from cnncalc.graph import Graph
from cnncalc.layers.base import Dims
from cnncalc.problems import Problem, Source
from cnncalc.shapes import Layout, Shape


class Parameters(Struct, frozen=True):
    """Learnable numbers; those of shared weights are counted at their owner."""

    weights: int = 0
    biases: int = 0
    frozen: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.biases

    @property
    def trainable(self) -> int:
        return self.total - self.frozen

    def __add__(self, other: "Parameters") -> "Parameters":
        return Parameters(
            self.weights + other.weights, self.biases + other.biases, self.frozen + other.frozen
        )


class Costs(Struct, frozen=True):
    """Arithmetic for one batch. MACs are kept apart: the others are what comes on top of them."""

    macs: int = 0
    adds: int = 0
    multiplications: int = 0
    comparisons: int = 0
    divisions: int = 0
    exponentials: int = 0

    @property
    def flops(self) -> int:
        """2·MACs and every other operation once."""
        others = self.adds + self.multiplications + self.comparisons + self.divisions + self.exponentials
        return 2 * self.macs + others

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(
            self.macs + other.macs,
            self.adds + other.adds,
            self.multiplications + other.multiplications,
            self.comparisons + other.comparisons,
            self.divisions + other.divisions,
            self.exponentials + other.exponentials,
        )


class Connections(Struct, frozen=True):
    """How the neurons of a layer are connected, and what that would cost without sharing weights.

    Attributes:
        weighted: pairs of an input and an output with a weight between them.
        biased: those, and one for the bias of each output.
        unshared: parameters if each position had weights of its own (locally connected).
        full: parameters if every input were connected to every output (dense).
    """

    weighted: int = 0
    biased: int = 0
    unshared: int = 0
    full: int = 0

    def __add__(self, other: "Connections") -> "Connections":
        return Connections(
            self.weighted + other.weighted,
            self.biased + other.biased,
            self.unshared + other.unshared,
            self.full + other.full,
        )


class Row(Struct, frozen=True):
    """One layer, or several folded into one row.

    Attributes:
        name: the full name, such as `stage1.0.add.main.conv1`.
        kind: `conv`, or what a folded row stands for.
        line: where the spec writes it; 0 where it does not.
        inputs: the names of what it reads.
        output: the shape that comes out, without the batch.
        weights: the learnable tensors and their shapes, also where they are shared.
        params: how many learnable numbers there are.
        buffers: numbers stored but not learned, such as running statistics.
        costs: the arithmetic for one batch.
        neurons: outputs of convolutions and dense layers, for one sample.
        field: the receptive field on the network's input.
        reads: the shapes of what it reads.
        activation: bytes of its output, for the batch; 0 where it only views its input.
        alive: bytes of all tensors that an inference holds while it runs.
        kept: bytes that training keeps for the backward pass because of it.
        shares: the layer whose weights it uses, or nothing.
    """

    name: str
    kind: str
    line: int
    inputs: tuple[str, ...]
    output: Shape
    weights: dict[str, Dims]
    params: Parameters
    buffers: int
    costs: Costs
    neurons: int
    field: Field
    reads: tuple[Shape, ...] = ()
    activation: int = 0
    alive: int = 0
    kept: int = 0
    connections: Connections = Connections()
    shares: str = ""

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def flops(self) -> int:
        return self.costs.flops


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


class Totals(Struct, frozen=True):
    """The sums over all layers."""

    params: Parameters
    buffers: int
    costs: Costs
    neurons: int
    connections: Connections = Connections()
    activation: int = 0
    kept: int = 0

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def flops(self) -> int:
        return self.costs.flops


class Report(Struct, frozen=True):
    """A network's numbers. `names` and `groups` are those of its graph."""

    name: str
    origin: str
    input: Shape
    layout: Layout
    batch: int
    layers: tuple[Row, ...]
    output: Row
    totals: Totals
    memory: Memory
    findings: tuple[Problem, ...]
    source: Source
    groups: dict[str, str]

    def layer(self, name: str) -> Row:
        """The row of a layer, or the sum of the rows of a block, a repeat or a branch.

        Raises:
            KeyError: nothing is called so.
        """
        for row in self.layers:
            if row.name == name:
                return row
        inside = [row for row in self.layers if row.name.startswith(f"{name}.")]
        if not inside:
            raise KeyError(name)
        return folded(name, self.groups.get(name, ""), inside)


def total(rows: tuple[Row, ...] | list[Row]) -> Totals:
    """The sums over some rows."""
    params, costs, connections = Parameters(), Costs(), Connections()
    for row in rows:
        params += row.params
        costs += row.costs
        connections += row.connections
    return Totals(
        params=params,
        buffers=sum(row.buffers for row in rows),
        costs=costs,
        neurons=sum(row.neurons for row in rows),
        connections=connections,
        activation=sum(row.activation for row in rows),
        kept=sum(row.kept for row in rows),
    )


def folded(name: str, kind: str, rows: list[Row]) -> Row:
    """Several rows as one: the sums, and the output and field of the last."""
    sums, last, own = total(rows), rows[-1], {row.name for row in rows}
    outside = dict.fromkeys(read for row in rows for read in row.inputs if read not in own)
    return Row(
        name=name,
        kind=kind or " + ".join(dict.fromkeys(row.kind for row in rows)),
        line=rows[0].line,
        inputs=tuple(outside),
        output=last.output,
        weights={},
        params=sums.params,
        buffers=sums.buffers,
        costs=sums.costs,
        neurons=sums.neurons,
        field=last.field,
        reads=rows[0].reads,
        activation=sums.activation,
        alive=max(row.alive for row in rows),
        kept=sums.kept,
        connections=sums.connections,
    )


def at_depth(rows: tuple[Row, ...], groups: dict[str, str], depth: int) -> tuple[Row, ...]:
    """Rows folded so that no name has more than `depth` parts; sums are kept."""
    gathered: dict[str, list[Row]] = {}
    for row in rows:
        gathered.setdefault(".".join(row.name.split(".")[:depth]), []).append(row)
    return tuple(
        inside[0]
        if len(inside) == 1 and inside[0].name == name
        else folded(name, groups.get(name, ""), inside)
        for name, inside in gathered.items()
    )


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
