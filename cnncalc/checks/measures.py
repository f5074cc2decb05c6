"""The subjects of expected values and budgets (network, layers, blocks), and their values."""

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from cnncalc.analysis.counts import Totals
from cnncalc.analysis.memory import Memory
from cnncalc.analysis.report import Report, Row
from cnncalc.datatypes import BYTES, STATES
from cnncalc.graph import is_pattern, naming
from cnncalc.quantities import BY_NAME, is_bytes
from cnncalc.shapes import Layout, Shape
from cnncalc.spec.claims import SHAPED


class Subject(Struct, frozen=True):
    """The layers whose counts are added, and the layer with the output and receptive field.

    `name` is empty for the whole network; `layout` is the order of sizes in the spec. `on` is the input of
    the receptive field, if the layer depends on several.
    """

    name: str
    counts: Row | Totals
    row: Row
    report: Report
    layout: Layout
    on: str = ""

    @property
    def called(self) -> str:
        on = f" on input {self.on}" if self.on else ""
        return (self.name or "the network") + on

    @property
    def entry(self) -> Shape:
        """The input that the receptive field lies on."""
        inputs = self.report.inputs
        return inputs[self.on or next(iter(self.row.fields), next(iter(inputs)))]

    def views(self, quantity: str) -> Iterator["Subject"]:
        """The subjects with one value each: every output of a network, and every input of a field."""
        subjects = [self]
        if not self.name and quantity in SHAPED and len(self.report.ends) > 1:
            subjects = [
                Subject(name, row, row, self.report, self.layout) for name, row in self.report.outputs.items()
            ]
        for each in subjects:
            fields = {name: field for name, field in each.row.fields.items() if self.report.inputs[name].rank}
            if quantity != "receptive_field" or len(fields) < 2:
                yield each
                continue
            for name, field in fields.items():
                yield structs.replace(each, row=structs.replace(each.row, field=field), on=name)


Subjects = dict[str, tuple[Subject, ...]]
"""The subjects of each name or pattern; none for an unknown one."""


def subjects(asked: Iterable[str], report: Report, layout: Layout) -> Subjects:
    """A name is a layer or a block as a whole; a pattern is each layer or block that matches.

    With `**`, which goes into blocks, only single layers match: a budget for every layer is not meant
    for the blocks that contain them.
    """
    found = {name: _names(name, report) for name in dict.fromkeys(asked) if name}
    rows = report.named(name for names in found.values() for name in names)
    known: Subjects = {"": (network(report, layout),)}
    for asked_for, names in found.items():
        known[asked_for] = tuple(Subject(name, rows[name], rows[name], report, layout) for name in names)
    return known


def network(report: Report, layout: Layout = "chw") -> Subject:
    """The network as a whole."""
    return Subject("", report.totals, report.output, report, layout)


def _names(asked: str, report: Report) -> list[str]:
    if not is_pattern(asked):
        return [asked] if asked in report.names else []
    named = naming(asked)
    if "**" in asked:
        return [row.name for row in report.layers if named(row.name)]
    return sorted(filter(named, report.names), key=report.names.__getitem__)


def value_of(name: str, subject: Subject) -> int:
    """One number: a count per sample, a number of bytes, or the depth.

    Counts are for one sample; memory is for the report's batch size, data type and optimizer.
    """
    report, quantity = subject.report, BY_NAME[name]
    if quantity.of_network:
        return quantity.number(report)
    if quantity.in_memory:
        memory = _memory(subject.counts, report.memory) if subject.name else report.memory
        number: int = getattr(memory, quantity.in_memory)
        return number
    number = quantity.number(subject.counts)
    return number // report.batch if quantity.per_batch else number


def _memory(counts: Row | Totals, whole: Memory) -> Memory:
    """The memory that a layer or block contributes."""
    size = BYTES[whole.data_type]
    trainable = counts.params.trainable * size
    return Memory(
        data_type=whole.data_type,
        method=whole.method,
        parameters=counts.params.total * size,
        buffers=counts.buffers * size,
        activations=counts.activation,
        peak=counts.alive if isinstance(counts, Row) else whole.peak,
        peak_layer="",
        gradients=trainable,
        optimizer=trainable * STATES[whole.method],
        kept=counts.kept,
    )


def dims_of(quantity: str, subject: Subject) -> tuple[int, ...]:
    """The sizes of an output in the spec's layout, or the receptive field for each axis.

    A receptive field of `all` has the size of the input.
    """
    if quantity == "output":
        return subject.row.output.dims(subject.layout)
    field = subject.row.field
    return subject.entry.spatial if field.is_global else field.size or ()


def shown(quantity: str, subject: Subject) -> str:
    """A value as messages print it."""
    if quantity == "receptive_field" and subject.row.field.is_global:
        return "all"
    if quantity in ("output", "receptive_field"):
        return "×".join(map(str, dims_of(quantity, subject))) or "unknown"
    return f"{value_of(quantity, subject):,}{unit_of(quantity)}"


def unit_of(quantity: str) -> str:
    """The unit after a number; empty for a count."""
    return " bytes" if is_bytes(quantity) else ""
