"""What the page shows of one network, as JSON: totals, layers, formulas, figures, findings."""

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec import Struct

from cnncalc.analysis.field import Field
from cnncalc.analysis.report import Report, Row
from cnncalc.checks import Verdict, check
from cnncalc.drawing.wording import options
from cnncalc.page.figures import figures
from cnncalc.page.formulas import explained
from cnncalc.page.table import Table
from cnncalc.problems import Problem, Source, printable
from cnncalc.render.columns import field_size, padding, per_axis
from cnncalc.render.data import Data, plain_numbers, report_data
from cnncalc.spec import Spec

LARGEST = 2**53 - 1
"""JavaScript's largest exact integer; larger ones are sent as text."""


class Analyzed(Struct, frozen=True):
    """A network and its numbers."""

    spec: Spec
    report: Report


NUMBERS: dict[str, Callable[[Row], int]] = {
    "params": lambda row: row.params.total,
    "macs": lambda row: row.macs,
    "flops": lambda row: row.flops,
    "neurons": lambda row: row.neurons,
    "buffers": lambda row: row.buffers,
    "output_bytes": lambda row: row.activation,
    "alive_bytes": lambda row: row.alive,
    "kept_bytes": lambda row: row.kept,
}
"""The numbers of each layer on the page."""


def network_data(each: Analyzed) -> Data:
    """The data of one network; layers are columns, in the order of the network."""
    report, spec = each.report, each.spec
    verdicts = check(report, spec)
    summary = report_data(report, (), list(report.findings))
    numbers = exact(
        {
            "name": report.name,
            "source": report.origin,
            "note": report.note,
            "file": file_name(spec.source),
            "dialect": report.dialect,
            "batch": report.batch,
            "layout": report.layout,
            "inputs": [
                _end(name, row, report) for name, row in zip(report.inputs, report.entries, strict=True)
            ],
            "outputs": [_end(name, row, report) for name, row in report.outputs.items()],
            "heads": [_end(name, report.row_at(at), report) for name, at in report.heads.items()],
            "totals": summary["totals"],
            "auxiliary": report.auxiliary.params.total,
            "trunk": field_size(report.trunk.field),
            "layers": _layers(report),
            "groups": report.groups,
            "findings": [finding(problem, spec.source) for problem in report.findings],
            "claims": [_claim(verdict, spec.source) for verdict in verdicts],
            "unchecked": len(spec.claims) if report.changed else 0,
        }
    )
    # these are text and positions: long, and without large integers
    return {**numbers, "formulas": explained(report), "figures": figures(report)}


def _end(name: str, row: Row, report: Report) -> Data:
    """An input or output."""
    shape = row.output
    return {
        "name": name,
        "layer": row.name,
        "shape": shape.text(report.layout),
        "sizes": list(shape.spatial),
        "axes": list(shape.axes),
    }


def _layers(report: Report) -> Data:
    rows = report.layers
    names = [row.name for row in (*report.entries, *rows)]
    position = {name: at - len(report.entries) for at, name in enumerate(names)}
    shared = Table()
    return {
        "name": [row.name for row in rows],
        "kind": [row.kind for row in rows],
        "family": [row.layer.family if row.layer else "" for row in rows],
        "line": [row.line for row in rows],
        "inputs": [[position[read] for read in row.inputs] for row in rows],
        "output": [row.output.text(report.layout) for row in rows],
        "sizes": [list(row.output.spatial) for row in rows],
        "reads": [[shape.text(report.layout) for shape in row.reads] for row in rows],
        **{name: [value(row) for row in rows] for name, value in NUMBERS.items()},
        "field": [field_size(row.field) for row in rows],
        "fields": [_fields(row, report, shared) for row in rows],
        "padding": [padding(row) for row in rows],
        "weights": [{name: list(dims) for name, dims in row.weights.items()} for row in rows],
        "options": [shared.at(list(map(list, options(row).items()))) for row in rows],
        "shares": _some((row.name, row.shares) for row in rows),
        "notes": _some((row.name, row.note) for row in rows),
        "auxiliary": [row.name for row in rows if row.auxiliary],
        "shared": shared.values,
    }


def _some(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: text for name, text in pairs if text}


def _fields(row: Row, report: Report, shared: Table) -> int:
    """The receptive field on each input, by the input's name."""
    fields = row.fields or {report.entry.name: row.field}
    return shared.at({name: _field(field) for name, field in fields.items()})


def _field(field: Field) -> Data:
    return {
        "text": field_size(field),
        "size": None if field.size is None else list(field.size),
        "jump": plain_numbers(field.jump),
        "start": plain_numbers(field.start),
        "jumps": per_axis(field.jump),
        "starts": per_axis(field.start),
        "global": field.is_global,
    }


def finding(problem: Problem, source: Source) -> Data:
    """A problem with its place and the line that it is in."""
    place = problem.place
    lines = source.text.splitlines()
    line = lines[place.line - 1] if place and 0 < place.line <= len(lines) else ""
    return {
        "level": problem.level,
        "code": problem.code,
        "message": printable(problem.message),
        "hint": printable(problem.hint),
        "line": place.line if place else None,
        "column": place.column if place else None,
        "width": place.width if place else None,
        "text": printable(line[:LONGEST]),
        "layer": problem.layer,
    }


def file_name(source: Source) -> str:
    """The name of a spec's file as it was given; without its folders if it is absolute."""
    path = Path(source.name)
    return printable(path.name if path.is_absolute() else source.name)


LONGEST = 400
"""Longer lines of a spec are cut."""


def _claim(verdict: Verdict, source: Source) -> Data:
    """An expected value or budget, and whether it is met."""
    return {
        "budget": verdict.is_budget,
        "holds": verdict.holds,
        "found": verdict.found,
        "line": verdict.place.line if verdict.place else None,
        "layer": verdict.layer,
        "problem": finding(verdict.problem, source) if verdict.problem else None,
    }


def exact(data: Data) -> Data:
    """The same data; integers that JavaScript would round become text."""
    return {name: _exact(value) for name, value in data.items()}


def _exact(value: object) -> object:
    if isinstance(value, int):
        return value if -LARGEST <= value <= LARGEST else str(value)
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in value.items()}
    return [_exact(each) for each in value] if isinstance(value, list | tuple) else value
