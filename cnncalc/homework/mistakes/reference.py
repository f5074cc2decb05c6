"""The network of a homework: its report, and the report under each mistake, computed once."""

from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from cnncalc.analysis import Recounts, analyze
from cnncalc.analysis.report import Report, Row
from cnncalc.graph import Graph, Node
from cnncalc.homework.mistakes.depths import as_grey, other_depths, with_depth
from cnncalc.homework.mistakes.fields import FieldMistake, State, followed
from cnncalc.homework.mistakes.layers import LayerMistake, taken
from cnncalc.homework.mistakes.networks import alone, counted, recounted, retaken
from cnncalc.homework.quantities import Answerable, Value, subject
from cnncalc.shapes import Shape
from cnncalc.spec import Spec

MOST_LAYERS = 40
"""Largest network in which a mistake is tried in each single layer, not only in all at once."""

OF_FIELDS = ("receptive_field", "jump")
"""Quantities of a layer that depend on the layers before it, not only on its options and inputs."""


class ReferenceNetwork:
    """A spec with its report, the source of right and wrong values; results are cached."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.report: Report = analyze(spec)
        self.recounts = Recounts()
        self._taken: dict[tuple[object, ...], Report | None] = {}
        self._alone: dict[tuple[str, ...], Row | None] = {}
        self._places: dict[str, tuple[str, ...]] = {}
        self._resized: dict[str, tuple[str, ...]] = {}
        self._fields: dict[str, list[State | None]] = {}

    @property
    def graph(self) -> Graph:
        return self.spec.graph

    @cached_property
    def _nodes(self) -> dict[str, Node]:
        return {node.name: node for node in self.graph.layers}

    @cached_property
    def _rows(self) -> dict[str, Row]:
        """The row of every layer and block: one pass for all, not one for each."""
        return {**self.report.named(self.report.names), "": subject(self.report, "")}

    def row(self, layer: str) -> Row:
        """The row of a layer or block, or of the whole network if the name is empty."""
        return self._rows[layer]

    def node(self, layer: str) -> Node | None:
        """The node of a layer; None for a block or the whole network."""
        return self._nodes.get(layer) if self.row(layer).layer is not None else None

    def number(self, layer: str) -> int:
        """The graph index of the last layer of a layer, block or network."""
        return self.report.names.get(layer, self.graph.output) if layer else self.graph.output

    def rows(self, layer: str, report: Report | None = None) -> list[Row]:
        """The layers of that name, in this report or in another report of the same network."""
        rows = (report or self.report).layers
        if not layer:
            return list(rows)
        own = self.row(layer)
        if own.layer is not None:
            return [row for row in rows if row.name == layer]
        return [row for row in rows if row.name == layer or row.name.startswith(f"{layer}.")]

    def mistaken(
        self, mistakes: tuple[LayerMistake, ...], only: str = "", quantity: str = ""
    ) -> Report | None:
        """The report with mistakes in all layers, or in the layer `only`.

        Rows that do not change are those of `report`. Receptive fields are computed for a `quantity` of them.
        """
        has_fields = quantity in OF_FIELDS
        key = (only, has_fields, *(mistake.name for mistake in mistakes))
        if key not in self._taken:
            graph = retaken(self.graph, mistakes, only)
            if graph is None:
                self._taken[key] = None
            elif has_fields:
                self._taken[key] = counted(self.spec, graph)
            else:
                self._taken[key] = recounted(self.report, self.graph, graph, self.recounts)
        return self._taken[key]

    @cached_property
    def grey(self) -> Report | None:
        """The report of the network on a grey image; None if its input is not one RGB image."""
        graph = as_grey(self.graph)
        return recounted(self.report, self.graph, graph, self.recounts) if graph else None

    def with_other_depths(self, node: Node) -> Iterator[tuple[Row, str]]:
        """A layer that reads the depth of another layer in its block of branches, and that layer's name."""
        row = self.row(node.name)
        for depth, name in other_depths(self.graph, node).items():
            changed = with_depth(node, depth)
            if changed is not None:
                yield self.recounts.row(row, changed), name

    def places_of(self, mistake: LayerMistake) -> tuple[str, ...]:
        """The layers in which a mistake is possible."""
        if mistake.name not in self._places:
            nodes = (node for node in self.graph.layers if taken((mistake,), node.layer, node.reads))
            self._places[mistake.name] = tuple(node.name for node in nodes)
        return self._places[mistake.name]

    def places_resized_by(self, mistake: LayerMistake) -> tuple[str, ...]:
        """The layers whose output has another size under a mistake."""
        if mistake.name not in self._resized:
            found = (
                node.name
                for node in self.graph.layers
                if (wrong := taken((mistake,), node.layer, node.reads)) and wrong.output != node.shape
            )
            self._resized[mistake.name] = tuple(islice(found, MOST_LAYERS))
        return self._resized[mistake.name]

    def mistaken_alone(self, node: Node, mistakes: tuple[LayerMistake, ...]) -> Row | None:
        """A layer with mistakes, on its correct input."""
        key = (node.name, *(mistake.name for mistake in mistakes))
        if key not in self._alone:
            self._alone[key] = self._mistaken_alone(node, mistakes)
        return self._alone[key]

    def _mistaken_alone(self, node: Node, mistakes: tuple[LayerMistake, ...]) -> Row | None:
        found = taken(mistakes, node.layer, node.reads)
        if found is None:
            return None
        if len(node.reads) == 1:
            return alone(self.row(node.name), node, found, self.recounts)
        report = self.mistaken(mistakes, node.name)
        return report.layer(node.name) if report else None

    def fields(self, mistake: FieldMistake) -> list[State | None]:
        """Field and jump at each node under a mistake."""
        if mistake.name not in self._fields:
            self._fields[mistake.name] = followed(self.graph, mistake)
        return self._fields[mistake.name]

    def places_before(self, layer: str) -> tuple[str, ...]:
        """The places that can change a layer: those that it reads, at any distance; all for a block."""
        node = self.node(layer)
        return self.places if node is None else self.those_before(node, self.places)

    def those_before(self, node: Node, places: tuple[str, ...]) -> tuple[str, ...]:
        """Those of some layers that a layer reads, at any distance."""
        needed = {*node.inputs}
        for at in reversed(range(self.number(node.name))):
            if at in needed:
                needed.update(self.graph.nodes[at].inputs)
        return tuple(place for place in places if self.number(place) in needed)

    @property
    def places(self) -> tuple[str, ...]:
        """The layers in which mistakes are tried one at a time; empty for a large network."""
        return tuple(self._nodes) if len(self._nodes) <= MOST_LAYERS else ()


def value_of(quantity: Answerable, row: Row) -> Value | None:
    """A row's value of a quantity; a shape as its sizes, channels first."""
    value = quantity.of(row)
    return value.dims() if isinstance(value, Shape) else value
