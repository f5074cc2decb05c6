"""A sheet to fill in: the layers of a network with their options, and blanks for the questions."""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import fields

from cnncalc.analysis.report import Row, running
from cnncalc.homework.answers import NOT_ASKED
from cnncalc.homework.grade.question import Question
from cnncalc.homework.grade.working import shown
from cnncalc.homework.mistakes.reference import ReferenceNetwork, value_of
from cnncalc.homework.quantities import QUANTITIES, SUMMED, Answerable, quantity_of
from cnncalc.layers import Layer
from cnncalc.layers.reshaping import Dropout, Identity
from cnncalc.printed import Printed
from cnncalc.problems import did_you_mean
from cnncalc.shapes import listed
from cnncalc.spec import SpecLike, as_spec

ALWAYS_GIVEN = ("stride", "padding")
"""Options that a sheet gives even if they have their default value."""
DEFAULT = ("output", "params")
TOTAL = "total"


class SheetLine(Struct, frozen=True):
    """A layer: its name, its options, and the correct answers in the order of the sheet's quantities."""

    layer: str
    given: str
    answers: tuple[str, ...]


class Worksheet(Printed, Struct, frozen=True):
    """A sheet, perhaps for a named student; `seed` is its variant, or None for the network as written."""

    network: str
    input: str
    layout: str
    quantities: tuple[str, ...]
    lines: tuple[SheetLine, ...]
    seed: int | None = None
    student: str = ""

    def __repr__(self) -> str:
        return f"<Worksheet {self.network}: {len(self.lines)} lines of {', '.join(self.quantities)}>"


def worksheet(spec: SpecLike, blank: Iterable[str] = DEFAULT, *, seed: int | None = None) -> Worksheet:
    """Make the sheet of a network, or of a random variant of it.

    Args:
        spec: a spec, or anything that `load` takes.
        blank: the quantities to ask for every layer, such as `output` and `params`.
        seed: vary filters, kernels, strides and sizes; a seed always gives the same variant.

    Raises:
        ValueError: a quantity is unknown, or the network has no variants.

    >>> from cnncalc.spec import load
    >>> sheet = worksheet(load("lenet5"), ["output", "params"])
    >>> sheet.lines[0]
    SheetLine(layer='conv1', given='conv 6, kernel 5, stride 1, padding 0', answers=('6×28×28', '156'))
    """
    quantities = tuple(_quantity(name) for name in blank)
    spec = as_spec(spec)
    if seed is not None and not isinstance(seed, int):
        raise TypeError(f"seed: expected a whole number; found {type(seed).__name__}")
    if seed is not None:
        from cnncalc.homework.worksheet.variants import variant

        spec = variant(spec, seed)
    network = ReferenceNetwork(spec)
    report = network.report
    lines = list(_lines(network, quantities))
    if any(quantity.name in SUMMED for quantity in quantities):
        lines.append(_total(network, quantities))
    names = tuple(quantity.name for quantity in quantities)
    return Worksheet(spec.name, listed(report.inputs, spec.layout), spec.layout, names, tuple(lines), seed)


def _quantity(name: str) -> Answerable:
    found = quantity_of(name)
    if found is None:
        hint = did_you_mean(name, list(QUANTITIES)) or f"expected one of {', '.join(QUANTITIES)}"
        raise ValueError(f"there is no quantity '{name}'; {hint}")
    return found[0]


def _is_asked(row: Row) -> bool:
    """Whether a layer has a line; activation functions have none."""
    return row.layer is None or not (
        row.layer.family == "activation" or isinstance(row.layer, Dropout | Identity)
    )


def _lines(network: ReferenceNetwork, quantities: tuple[Answerable, ...]) -> Iterator[SheetLine]:
    """A line for each layer; what it reads is given unless that is the line above.

    An activation function has no line: the layer before it stands for what is read.
    """
    entries = network.report.entries
    above = entries[0].name if len(entries) == 1 else ""
    on_the_sheet = {row.name: row.name for row in entries}
    for row in running(network.report.layers):
        names = tuple(on_the_sheet[name] for name in row.inputs)
        on_the_sheet[row.name] = row.name if _is_asked(row) else names[0]
        if _is_asked(row):
            assert row.layer is not None
            answers = tuple(_answer(network, row.name, row, quantity) for quantity in quantities)
            yield SheetLine(row.name, described(row.layer) + _reading(names, above), answers)
            above = row.name


def _reading(names: tuple[str, ...], above: str) -> str:
    """What a layer reads, unless it is the layer above."""
    if names == (above,):
        return ""
    return f", from {names[0]}" if len(names) == 1 else f" of {', '.join(names)}"


def _answer(network: ReferenceNetwork, layer: str, row: Row, quantity: Answerable) -> str:
    if value_of(quantity, row) is None:
        return NOT_ASKED
    return shown(Question(network, layer, quantity), network.spec.layout)


def _total(network: ReferenceNetwork, quantities: tuple[Answerable, ...]) -> SheetLine:
    row = network.row("")
    answers = (
        _answer(network, "", row, quantity) if quantity.name in SUMMED else NOT_ASKED
        for quantity in quantities
    )
    return SheetLine(TOTAL, "", tuple(answers))


def described(layer: Layer) -> str:
    """A layer with its options: conv 6, kernel 5, stride 1, padding 0."""
    main, others = "", []
    for field in fields(type(layer)):
        value = getattr(layer, field.name)
        if field.name == layer.main:
            main = "" if value is None else f" {_option(value)}"
        elif field.name == "stride" and value is None:  # pooling windows do not overlap by default
            others.append(f"stride{main}")
        elif value is not None and (value != field.default or field.name in ALWAYS_GIVEN):
            others.append(f"{field.name.replace('_', ' ')} {_option(value)}")
    return ", ".join([layer.kind.replace("_", " ") + main, *others])


def _option(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        inner = [_option(each) for each in value]
        return f"[{', '.join(inner)}]" if any(isinstance(each, tuple) for each in value) else "×".join(inner)
    return str(value)
