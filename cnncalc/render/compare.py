"""Results of `compare`: one row per network, as a table, Markdown or JSON."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.memory import megabytes
from cnncalc.analysis.report import Report, Row
from cnncalc.render.columns import BELOW_PEAK, count, field_sizes
from cnncalc.render.data import SCHEMA_VERSION, Data, declared_data, for_programs, inputs_data, outputs_data
from cnncalc.render.markdown import escaped, table
from cnncalc.render.publishing import PlainTable, Publication
from cnncalc.render.table import declared_notes, inputs_text
from cnncalc.spec import Claim

EVERYTHING = 10**18
"""Sort key of a global receptive field: after all others."""


class Compared(Struct, frozen=True):
    """One network of a comparison; `trunk` is that of its report, `settings` are the variables of its row."""

    spec: str
    report: Report
    depth: int
    trunk: Row
    claims: tuple[Claim, ...] = ()
    settings: Mapping[str, str] = MappingProxyType({})

    @property
    def title(self) -> str:
        """The name, with the variables that tell its row from others: `MobileNet (width=0.5)`."""
        values = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.report.name} ({values})" if values else self.report.name


class Measure(Struct, frozen=True):
    """A column: its cells, its sort key, and whether that is the number of the cell, in bytes for memory."""

    name: str
    header: str
    cell: Callable[[Compared], str]
    key: Callable[[Compared], int | str]
    is_number: bool = False


def _count(name: str, header: str, value: Callable[[Compared], int]) -> Measure:
    return Measure(name, header, lambda each: count(value(each)), value, True)


def _bytes(name: str, header: str, value: Callable[[Compared], int]) -> Measure:
    return Measure(name, header, lambda each: megabytes(value(each)), value, True)


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("name", "network", lambda each: each.title, lambda each: each.title.lower()),
        Measure(
            "input",
            "input",
            lambda each: inputs_text(each.report),
            lambda each: sum(shape.size for shape in each.report.inputs.values()),
        ),
        _count("depth", "depth", lambda each: each.depth),
        _count("params", "parameters", lambda each: each.report.totals.params.total),
        _count("macs", "MACs", lambda each: each.report.totals.macs),
        _count("flops", "FLOPs", lambda each: each.report.totals.flops),
        _bytes("memory", "peak\nactivations", lambda each: each.report.memory.peak),
        _bytes("training", "training\nmemory", lambda each: each.report.memory.training),
        Measure(
            "receptive_field",
            "receptive\nfield",
            lambda each: field_sizes(each.trunk),
            lambda each: max(each.trunk.field.size or (EVERYTHING,), default=0),
        ),
    )
}


DIFFERS = "≠"
"""Marks a claim that differs from the computed value."""


def _expected(name: str, quantity: str, value: Callable[[Compared], int]) -> Measure:
    """A column of the expected values in specs, marked where they differ."""

    def cell(each: Compared) -> str:
        written = next((claim.written for claim in each.claims if claim.quantity == quantity), "")
        if not written:
            return "–"
        shown = f"{int(written):,}" if written.isdecimal() else written
        return shown if shown == count(value(each)) else f"{shown} {DIFFERS}"

    return Measure(name, f"{quantity}\nexpected", cell, value)


CLAIM_MEASURES: tuple[Measure, ...] = (
    MEASURES["name"],
    MEASURES["input"],
    _expected("expected_params", "params", lambda each: each.report.totals.params.total),
    MEASURES["params"],
    _expected("expected_macs", "macs", lambda each: each.report.totals.macs),
    MEASURES["macs"],
)
"""The columns of `--expected`: expected and computed values."""


def sorted_by(networks: list[Compared], measure: str, descending: bool) -> list[Compared]:
    """The networks, sorted by one measure."""
    return sorted(networks, key=MEASURES[measure].key, reverse=descending)


HIDDEN_FIRST = ("training", "memory", "flops", "input", "depth", "receptive_field", "macs")
"""The order in which a narrow terminal hides columns."""


def compare_table(
    networks: list[Compared], measures: tuple[Measure, ...], width: int | None
) -> RenderableType:
    """The networks as a table with the columns that fit `width`."""
    shown = list(measures)
    leaving = [measure for name in HIDDEN_FIRST for measure in measures if measure.name == name]
    while width and leaving and sum(_width(networks, measure) + 2 for measure in shown) - 2 > width:
        shown.remove(leaving.pop(0))
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for measure in shown:
        body.add_column(measure.header, justify="left" if measure.name == "name" else "right", no_wrap=True)
    for each in networks:
        body.add_row(*(Text(measure.cell(each)) for measure in shown))
    names = ", ".join(measure.header.replace("\n", " ") for measure in measures if measure not in shown)
    hidden = [f"columns hidden: the terminal is too narrow ({names})"] if names else []
    return Group(body, *(Text(note, "dim") for note in [*_notes(networks, shown), *hidden]))


def _notes(networks: list[Compared], measures: Sequence[Measure]) -> list[str]:
    """Notes about numbers that may look wrong."""
    training = MEASURES["training"]
    below = training in measures and any(each.report.memory.trains_on_less for each in networks)
    notes = [f"{' '.join(training.header.split())}: {BELOW_PEAK}"] if below else []
    return [*notes, *declared_notes(each.report for each in networks)]


def _width(networks: list[Compared], measure: Measure) -> int:
    return max(map(len, (*measure.header.split("\n"), *map(measure.cell, networks))))


def compare_markdown(networks: list[Compared], measures: tuple[Measure, ...]) -> str:
    """The networks as a Markdown table."""
    headers = [measure.header.replace("\n", " ") for measure in measures]
    rows = [[escaped(measure.cell(each)) for measure in measures] for each in networks]
    lines = table(headers, [measure.name == "name" for measure in measures], rows)
    return "\n".join(lines) + "\n" + "".join(f"\n{note}\n" for note in _notes(networks, measures))


def compare_csv(networks: list[Compared], measures: tuple[Measure, ...]) -> str:
    """One line per network with plain numbers; memory in bytes."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([measure.name for measure in measures])
    for each in networks:
        writer.writerow(
            [
                measure.key(each) if measure.is_number else for_programs(measure.cell(each))
                for measure in measures
            ]
        )
    return text.getvalue()


def compare_publication(networks: list[Compared], measures: tuple[Measure, ...]) -> Publication:
    """The networks as a table for documents."""
    titles = [measure.header.replace("\n", " ") for measure in measures]
    rows = [[measure.cell(each) for measure in measures] for each in networks]
    table = PlainTable(titles, [measure.name == "name" for measure in measures], rows)
    return Publication(", ".join(each.report.name for each in networks), [table], _notes(networks, measures))


def _by_input(row: Row) -> Data:
    """The sizes of the fields on several inputs."""
    sizes = {name: None if each.size is None else list(each.size) for name, each in row.fields.items()}
    return {"by_input": sizes} if sizes else {}


def compare_data(networks: list[Compared]) -> dict[str, object]:
    """The comparison as JSON with exact integers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "networks": [
            {
                "spec": each.spec,
                "name": each.report.name,
                "set": dict(each.settings),
                "source": each.report.origin,
                "inputs": inputs_data(each.report),
                "outputs": outputs_data(each.report),
                "depth": each.depth,
                "expected": {claim.quantity: claim.written for claim in each.claims},
                "params": each.report.totals.params.total,
                "params_with_auxiliary": each.report.params_with_auxiliary,
                "macs": each.report.totals.macs,
                "flops": each.report.totals.flops,
                **declared_data(each.report.totals),
                "peak_memory": each.report.memory.peak,
                "training_memory": each.report.memory.training,
                "receptive_field": {
                    "layer": each.trunk.name,
                    "size": None if each.trunk.field.size is None else list(each.trunk.field.size),
                    "global": each.trunk.field.is_global,
                    **_by_input(each.trunk),
                },
            }
            for each in networks
        ],
    }
