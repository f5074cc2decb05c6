"""Report: every number of a network, layer by layer and in total."""

from msgspec import Struct

from cnncalc.analysis.field import Field
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
    shares: str = ""

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def flops(self) -> int:
        return self.costs.flops


class Totals(Struct, frozen=True):
    """The sums over all layers."""

    params: Parameters
    buffers: int
    costs: Costs
    neurons: int

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
    params, costs = Parameters(), Costs()
    for row in rows:
        params += row.params
        costs += row.costs
    return Totals(params, sum(row.buffers for row in rows), costs, sum(row.neurons for row in rows))


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
