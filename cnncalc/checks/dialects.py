"""Reads a spec by the rules of every dialect: the layers and totals that differ."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.graph import Node
from cnncalc.layers import Layer, LayerError
from cnncalc.layers.dialects import NAMES, Dialect, Outcome, defaults_of, outcome, read_as
from cnncalc.printed import Printed
from cnncalc.problems import Problem, SpecError
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import Settings, Shapes, Spec, SpecLike, as_spec, in_dialect, rebuilt


class LayerInDialects(Struct, frozen=True):
    """A layer that dialects read differently, each on the input that it has in the spec.

    `outcomes` are its sizes and counts, or why the library of the dialect has no such layer.
    """

    name: str
    kind: str
    line: int
    reads: tuple[Shape, ...]
    outcomes: Mapping[Dialect, Outcome | str]


class NetworkInDialect(Struct, frozen=True):
    """A whole network in one dialect: its report, or the first error."""

    report: Report | None
    problem: Problem | None = None


class OtherDefault(Struct, frozen=True):
    """A default that differs without changing a size or count, and how many layers have it."""

    kind: str
    option: str
    values: Mapping[Dialect, object]
    layers: int


class Dialects(Printed, Struct, frozen=True):
    """A spec in all dialects.

    Attributes:
        name: the network's name.
        dialect: the spec's own dialect.
        layout: the axis order of its shapes.
        layers: the layers whose output, padding or counts differ.
        networks: the whole network in each dialect.
        defaults: other defaults that differ.
    """

    name: str
    dialect: Dialect
    layout: Layout
    layers: tuple[LayerInDialects, ...]
    networks: Mapping[Dialect, NetworkInDialect]
    defaults: tuple[OtherDefault, ...]

    def __repr__(self) -> str:
        return f"<Dialects of {self.name}: layers that differ {len(self.layers):,}>"


def dialects(spec: SpecLike, *, set: Settings | None = None, input: Shapes | None = None) -> Dialects:
    """Read a spec by the rules of every dialect.

    Args:
        spec: a spec, or anything that `load` takes.
        set: values that override the spec's `vars`.
        input: an input shape that overrides the spec's.

    Raises:
        SpecError: the spec has errors in its own dialect.

    >>> found = dialects({"cnncalc": 1, "input": [8, 112, 112], "layers": [{"maxpool": 3, "stride": 2}]})
    >>> {dialect: each.output.text() for dialect, each in found.layers[0].outcomes.items()}["caffe"]
    '8×56×56'
    """
    spec = as_spec(spec)
    if set or input is not None:
        spec = rebuilt(spec, set, input)
    views = [_View(node) for node in spec.graph.layers]
    return Dialects(
        name=spec.name,
        dialect=spec.document.dialect,
        layout=spec.layout,
        layers=tuple(view.layer for view in views if view.differs),
        networks={dialect: _network(spec, dialect) for dialect in NAMES},
        defaults=tuple(_defaults(views)),
    )


class _View:
    """One layer in every dialect."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.read: dict[Dialect, Layer] = {}
        outcomes: dict[Dialect, Outcome | str] = {}
        for dialect in NAMES:
            try:
                self.read[dialect] = read_as(dialect, node.layer, node.written)
                outcomes[dialect] = outcome(self.read[dialect], node.reads)
            except LayerError as error:
                outcomes[dialect] = error.message()
        self.differs = len({*outcomes.values()}) > 1
        self.layer = LayerInDialects(node.name, node.layer.kind, node.place.line, node.reads, outcomes)


def _network(spec: Spec, dialect: Dialect) -> NetworkInDialect:
    try:
        return NetworkInDialect(analyze(in_dialect(spec, dialect)))
    except SpecError as error:
        return NetworkInDialect(None, error.problems[0])


def _defaults(views: list[_View]) -> Iterator[OtherDefault]:
    """The defaults that differ in layers whose sizes and counts do not."""
    found: dict[tuple[type[Layer], str], list[_View]] = {}
    for view in views:
        kind = type(view.node.layer)
        options = {option for dialect in NAMES for option in defaults_of(dialect, kind)}
        for option in sorted(options - view.node.written):
            if not view.differs:
                found.setdefault((kind, option), []).append(view)
    for (kind, option), alike in found.items():
        values = {dialect: getattr(layer, option) for dialect, layer in alike[0].read.items()}
        if len({*values.values()}) > 1:
            yield OtherDefault(kind.kind, option, values, len(alike))
