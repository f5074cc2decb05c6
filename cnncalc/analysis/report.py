"""Report: all numbers of a network, per layer and in total."""

from collections.abc import Iterable
from functools import cached_property
from math import prod

from msgspec import Struct, structs

from cnncalc.analysis.counts import Connections, Costs, Counting, Declared, Parameters, Totals
from cnncalc.analysis.field import Field
from cnncalc.analysis.memory import Memory
from cnncalc.layers import Layer
from cnncalc.layers.base import Dims
from cnncalc.layers.dialects import Dialect
from cnncalc.printed import Tabular
from cnncalc.problems import Problem, Source, did_you_mean
from cnncalc.shapes import Layout, Shape


class Row(Struct, frozen=True, gc=False):
    """One layer, or several layers folded into one row.

    Attributes:
        name: the full name, such as `stage1.0.add.main.conv1`.
        kind: `conv`, or a description of a folded row.
        line: its line in the spec; 0 if it has none.
        inputs: the names of its inputs.
        output: the output shape, without the batch.
        weights: the learnable tensors and their shapes, including shared ones.
        params: the number of learnable values.
        buffers: values stored but not learned, such as running statistics.
        costs: the operations for one batch.
        neurons: outputs of convolutions and dense layers, for one sample.
        field: the receptive field on the network's input; with several, on the first that it depends on.
        reads: the shapes of its inputs.
        activation: bytes of its output, for the batch; 0 if it is a view of its input.
        alive: bytes of all tensors held during inference while it runs.
        kept: bytes that training saves for its backward pass.
        shares: the layer whose weights it uses, or an empty string.
        note: its note in the spec.
        layer: its kind and options; None for a folded row.
        counted: the counts of another tool, if the report was recounted.
        fields: the receptive field on each input that it depends on, by name; empty if the network has one.
        auxiliary: whether it is part of an auxiliary head, which exists in training only.
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
    fields: dict[str, Field] = {}
    auxiliary: bool = False

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def flops(self) -> int:
        return self.costs.flops


class Report(Tabular, Struct, frozen=True, dict=True):
    """A network's numbers.

    Attributes:
        entries: the inputs as rows.
        layers: all layers in order, also those of auxiliary heads.
        ends: the outputs by name, as positions among entries and layers.
        heads: the outputs of auxiliary heads, likewise.
        totals: the sums over all layers except those of auxiliary heads.
        auxiliary: the sums over the layers of auxiliary heads.
        names, groups: as in its graph.
        changed: whether variables or inputs were overridden, so that the spec's `expect` may not hold.
        counting: the tool that it was recounted for, if any.
        depth: the number of weighted layers on the longest path to an output.
        dialect: the library whose rules the spec follows.
    """

    name: str
    origin: str
    note: str
    layout: Layout
    batch: int
    entries: tuple[Row, ...]
    layers: tuple[Row, ...]
    ends: dict[str, int]
    heads: dict[str, int]
    totals: Totals
    auxiliary: Totals
    memory: Memory
    findings: tuple[Problem, ...]
    source: Source
    names: dict[str, int]
    groups: dict[str, str]
    changed: bool
    counting: Counting | None = None
    depth: int = 0
    dialect: Dialect = "cnncalc"

    def __repr__(self) -> str:
        totals = self.totals
        return (
            f"<Report {self.name}: layers {len(self.layers):,}, parameters {totals.params.total:,}, "
            f"MACs {totals.macs:,}>"
        )

    @property
    def entry(self) -> Row:
        """The input as a row; with several, the first."""
        return self.entries[0]

    @property
    def input(self) -> Shape:
        """The shape of the input; with several, of the first."""
        return self.entries[0].output

    @property
    def inputs(self) -> dict[str, Shape]:
        """The shapes of all inputs by name."""
        return {row.name: row.output for row in self.entries}

    @property
    def output(self) -> Row:
        """The layer of the output; with several, of the first."""
        return self.row_at(next(iter(self.ends.values())))

    @property
    def outputs(self) -> dict[str, Row]:
        """The layers of all outputs by name."""
        return {name: self.row_at(at) for name, at in self.ends.items()}

    @property
    def params_with_auxiliary(self) -> int:
        """The parameters of the network and of its auxiliary heads."""
        return self.totals.params.total + self.auxiliary.params.total

    def row_at(self, at: int) -> Row:
        """The row of a node of the graph."""
        first = len(self.entries)
        return self.layers[at - first] if at >= first else self.entries[at]

    @property
    def trunk(self) -> Row:
        """The last layer with more than one position: the feature map before a classifier.

        If several outputs have positions, the one with the largest receptive field.
        """
        ends = [row for row in self.outputs.values() if not row.output.is_vector]
        if len(ends) > 1:
            return max(ends, key=lambda row: (row.field.is_global, prod(row.field.size or ())))
        maps = [row for row in running(self.layers) if not row.output.is_vector]
        return maps[-1] if maps else self.output

    @property
    def unused(self) -> tuple[Row, ...]:
        """The layers that neither an output nor an auxiliary head depends on."""
        needed = {self.row_at(at).name for at in (*self.ends.values(), *self.heads.values())}
        for row in reversed(self.layers):
            if row.name in needed:
                needed.update(row.inputs)
        return tuple(row for row in self.layers if row.name not in needed)

    def layer(self, name: str) -> Row:
        """The row of a layer; for a block, repeat, branch or merge, the sum of its layers.

        Layers added by `norm` and `act` have their own rows and are not included.

        Raises:
            KeyError: unknown name.
        """
        if name not in self.names:
            hint = did_you_mean(str(name), list(self.names)) or "`print(report)` lists them"
            raise KeyError(f"there is no layer '{name}'; {hint}")
        return self._standing(name, self._inside.get(name, []))

    def named(self, names: Iterable[str]) -> dict[str, Row]:
        """`layer` for several names.

        Raises:
            KeyError: unknown name.
        """
        return {name: self._standing(name, self._inside.get(name, [])) for name in names}

    @cached_property
    def _inside(self) -> dict[str, list[Row]]:
        """The rows with a name or inside it, by that name."""
        inside: dict[str, list[Row]] = {}
        for row in self.layers:
            end = len(row.name)
            while end > 0:
                inside.setdefault(row.name[:end], []).append(row)
                end = row.name.rfind(".", 0, end)
        return inside

    def _standing(self, name: str, inside: list[Row]) -> Row:
        """The row of a name, given all rows with that name or inside it."""
        leaving = self.row_at(self.names[name])
        if not inside and (leaving.name == name or name in self.ends or name in self.heads):
            return leaving  # an input, or an output with a name of its own
        companions = (f"{name}.norm", f"{name}.act")
        if inside and all(row.name in companions for row in inside if row.name != name):
            own = [row for row in inside if row.name == name]
            if own:
                return own[0]
        return self._folded(name, inside)

    def at_depth(self, depth: int) -> tuple[Row, ...]:
        """The rows folded so that no name has more than `depth` parts; sums do not change."""

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
        leaving = self.row_at(self.names[name]) if name in self.names else rows[-1]
        return folded(name, self.groups.get(name, ""), rows, leaving)


def running(rows: Iterable[Row]) -> list[Row]:
    """The rows without those of auxiliary heads, which inference does not run."""
    return [row for row in rows if not row.auxiliary]


def total(rows: tuple[Row, ...] | list[Row]) -> Totals:
    """The sums over rows."""
    params, costs, connections = Parameters(), Costs(), Connections()
    counts = min((len(row.counted) for row in rows), default=0)
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
        counted=tuple(sum(row.counted[at] for row in rows) for at in range(counts)),
        declared=declared(rows),
    )


def declared(rows: Iterable[Row]) -> Declared:
    """The part of the sums over layers that the spec declares."""
    those = [row for row in rows if row.layer is not None and row.layer.is_declared]
    return Declared(
        layers=len(those),
        params=sum(row.params.total for row in those),
        macs=sum(row.macs for row in those),
        flops=sum(row.flops for row in those),
    )


def folded(name: str, kind: str, rows: list[Row], leaving: Row) -> Row:
    """Several rows as one: their sums, with the output and field of the last layer.

    Layers of auxiliary heads are left out, unless all are.
    """
    sums, own = total(running(rows) or rows), {row.name for row in rows}
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
        fields=leaving.fields,
        auxiliary=bool(rows) and all(row.auxiliary for row in rows),
    )
