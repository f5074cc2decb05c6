"""Report: every number of a network, layer by layer and in total."""

from collections.abc import Iterable

from msgspec import Struct, structs

from cnncalc.analysis.counts import Connections, Costs, Counting, Parameters, Totals
from cnncalc.analysis.field import Field
from cnncalc.analysis.memory import Memory
from cnncalc.layers import Layer
from cnncalc.layers.base import Dims
from cnncalc.problems import Problem, Source
from cnncalc.shapes import Layout, Shape


class Row(Struct, frozen=True, gc=False):
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
        note: what the spec notes about it.
        layer: its kind with the options; None for a folded row.
        counted: what another tool counts, where the report was counted anew as that tool would.
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
    note: str = ""
    layer: Layer | None = None
    counted: tuple[int, ...] = ()

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def flops(self) -> int:
        return self.costs.flops


class Report(Struct, frozen=True):
    """A network's numbers.

    `names` and `groups` are those of its graph; `entry` is the input as a row. `changed` says that
    variables or the input were replaced, so that what the spec claims need not hold. `counting` says
    as which other tool it was counted anew, if so. `depth` are the layers with weights on the longest way
    through it.
    """

    name: str
    origin: str
    note: str
    input: Shape
    layout: Layout
    batch: int
    entry: Row
    layers: tuple[Row, ...]
    output: Row
    totals: Totals
    memory: Memory
    findings: tuple[Problem, ...]
    source: Source
    names: dict[str, int]
    groups: dict[str, str]
    changed: bool
    counting: Counting | None = None
    depth: int = 0

    @property
    def trunk(self) -> Row:
        """The last layer that still has more than one position: what classifiers stand on."""
        maps = [row for row in self.layers if not row.output.is_vector]
        return maps[-1] if maps else self.output

    @property
    def unused(self) -> tuple[Row, ...]:
        """The layers that the output does not depend on."""
        needed = {self.output.name}
        for row in reversed(self.layers):
            if row.name in needed:
                needed.update(row.inputs)
        return tuple(row for row in self.layers if row.name not in needed)

    def layer(self, name: str) -> Row:
        """The row of a layer; of a block, a repeat, a branch or a merge of branches the sum of all.

        The layers that `norm` and `act` put behind one have rows of their own and are not in it.

        Raises:
            KeyError: nothing is called so.
        """
        return self.named([name])[name]

    def named(self, names: Iterable[str]) -> dict[str, Row]:
        """What `layer` gives for each of several names, in one pass over the network.

        Raises:
            KeyError: nothing is called so.
        """
        inside: dict[str, list[Row]] = {name: [] for name in names}
        for row in self.layers:
            end = len(row.name)
            while end > 0:
                if (prefix := row.name[:end]) in inside:
                    inside[prefix].append(row)
                end = row.name.rfind(".", 0, end)
        return {name: self._standing(name, rows) for name, rows in inside.items()}

    def _standing(self, name: str, inside: list[Row]) -> Row:
        """The row that stands for a name, given all that is called so or lies inside."""
        companions = (f"{name}.norm", f"{name}.act")
        if inside and all(row.name in companions for row in inside if row.name != name):
            own = [row for row in inside if row.name == name]
            if own:
                return own[0]
        return self._folded(name, inside)

    def at_depth(self, depth: int) -> tuple[Row, ...]:
        """The rows folded so that no name has more than `depth` parts; sums are kept."""

        def short(name: str) -> str:
            return ".".join(name.split(".")[:depth])

        gathered: dict[str, list[Row]] = {}
        for row in self.layers:
            gathered.setdefault(short(row.name), []).append(row)
        rows = (
            inside[0] if len(inside) == 1 and inside[0].name == name else self._folded(name, inside)
            for name, inside in gathered.items()
        )
        return tuple(
            structs.replace(row, inputs=tuple(dict.fromkeys(map(short, row.inputs)))) for row in rows
        )

    def _folded(self, name: str, rows: list[Row]) -> Row:
        at = self.names[name]
        leaving = self.layers[at - 1] if at else self.entry
        return folded(name, self.groups.get(name, ""), rows, leaving)


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
        counted=tuple(map(sum, zip(*(row.counted for row in rows), strict=False))),
    )


def folded(name: str, kind: str, rows: list[Row], leaving: Row) -> Row:
    """Several rows as one: the sums, and the output and field of the layer that it leaves by."""
    sums, own = total(rows), {row.name for row in rows}
    outside = dict.fromkeys(read for row in rows for read in row.inputs if read not in own)
    return Row(
        name=name,
        kind=kind or " + ".join(dict.fromkeys(row.kind for row in rows)),
        line=rows[0].line if rows else 0,
        inputs=tuple(outside),
        output=leaving.output,
        weights={},
        params=sums.params,
        buffers=sums.buffers,
        costs=sums.costs,
        neurons=sums.neurons,
        field=leaving.field,
        reads=rows[0].reads if rows else (),
        activation=sums.activation,
        alive=max((row.alive for row in rows), default=0),
        kept=sums.kept,
        connections=sums.connections,
        counted=sums.counted,
    )
