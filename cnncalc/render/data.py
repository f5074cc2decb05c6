"""A report as data for programs: JSON with exact integers, and CSV."""

import csv
import io
import re
from fractions import Fraction

import msgspec

from cnncalc.analysis.counts import Connections, Costs, Counting, Parameters
from cnncalc.analysis.field import Field
from cnncalc.analysis.memory import Memory
from cnncalc.analysis.report import Report, Row
from cnncalc.problems import Problem
from cnncalc.render.columns import COLUMNS, Column, padding_of
from cnncalc.shapes import Layout

SCHEMA_VERSION = 1
NUMBER = re.compile(r"[0-9,]+")
Data = dict[str, object]


def report_data(report: Report, rows: tuple[Row, ...], findings: list[Problem]) -> Data:
    """The JSON object of one report."""
    totals = report.totals
    return {
        "schema_version": SCHEMA_VERSION,
        "name": report.name,
        "source": report.origin,
        **({"note": report.note} if report.note else {}),
        "input": list(report.input.dims(report.layout)),
        "output": list(report.output.output.dims(report.layout)),
        "layout": report.layout,
        "batch": report.batch,
        **({"counted_as": _counted_as(report.counting, totals.counted)} if report.counting else {}),
        "layers": [_row(row, report.layout) for row in rows],
        "totals": {
            "params": totals.params.total,
            "weights": totals.params.weights,
            "biases": totals.params.biases,
            "trainable": totals.params.trainable,
            "frozen": totals.params.frozen,
            "buffers": totals.buffers,
            "macs": totals.macs,
            "operations": _operations(totals.costs),
            "flops": totals.flops,
            "neurons": totals.neurons,
            "connections": _connections(totals.connections),
            "memory": _memory(report.memory),
        },
        "findings": [_finding(problem) for problem in findings],
    }


def _row(row: Row, layout: Layout) -> Data:
    return {
        "name": row.name,
        "kind": row.kind,
        "line": row.line,
        "inputs": list(row.inputs),
        "output": list(row.output.dims(layout)),
        **({"padding": [list(sides) for sides in padded]} if (padded := padding_of(row)) else {}),
        "params": _params(row.params),
        "buffers": row.buffers,
        "weight_shapes": {name: list(dims) for name, dims in row.weights.items()},
        **({"shares": row.shares} if row.shares else {}),
        **({"note": row.note} if row.note else {}),
        "macs": row.macs,
        "operations": _operations(row.costs),
        "flops": row.flops,
        **({"count": row.counted[0], "counts": list(row.counted)} if row.counted else {}),
        "neurons": row.neurons,
        "connections": _connections(row.connections),
        "memory": {"activation": row.activation, "alive": row.alive, "kept": row.kept},
        "receptive_field": _field(row.field),
    }


def _counted_as(counting: Counting, totals: tuple[int, ...]) -> Data:
    """The tool as which was counted: its main number, all of them in order, and what it leaves out."""
    return {
        "tool": counting.tool,
        "source": counting.source,
        "quantity": counting.quantities[0],
        "total": totals[0],
        "quantities": list(counting.quantities),
        "totals": list(totals),
        "not_counted": [*counting.unknown, *counting.ignored],
    }


def _params(params: Parameters) -> Data:
    return {
        "total": params.total,
        "weights": params.weights,
        "biases": params.biases,
        "trainable": params.trainable,
        "frozen": params.frozen,
    }


def _operations(costs: Costs) -> Data:
    return {
        "adds": costs.adds,
        "multiplications": costs.multiplications,
        "comparisons": costs.comparisons,
        "divisions": costs.divisions,
        "exponentials": costs.exponentials,
    }


def _connections(connections: Connections) -> Data:
    return {
        "weighted": connections.weighted,
        "with_bias": connections.biased,
        "unshared_params": connections.unshared,
        "dense_params": connections.full,
    }


def _memory(memory: Memory) -> Data:
    return {
        "dtype": memory.data_type,
        "optimizer": memory.method,
        "parameters": memory.parameters,
        "buffers": memory.buffers,
        "activations": memory.activations,
        "peak": memory.peak,
        "peak_layer": memory.peak_layer,
        "inference": memory.inference,
        "gradients": memory.gradients,
        "optimizer_state": memory.optimizer,
        "kept": memory.kept,
        "training": memory.training,
    }


def _field(field: Field) -> Data:
    return {
        "size": None if field.size is None else list(field.size),
        "jump": plain_numbers(field.jump),
        "start": plain_numbers(field.start),
        "global": field.is_global,
    }


def plain_numbers(values: tuple[Fraction | None, ...] | None) -> list[int | float | None] | None:
    """Whole numbers as integers, halves and thirds as decimals."""
    if values is None:
        return None
    return [
        None if value is None else int(value) if value.denominator == 1 else float(value) for value in values
    ]


def _finding(problem: Problem) -> Data:
    place = problem.place
    return {
        "code": problem.code,
        "level": problem.level,
        "message": problem.message,
        "hint": problem.hint,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "layer": problem.layer or None,
    }


def to_json(data: Data | list[Data]) -> str:
    """Indented JSON, a final line break included."""
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


def to_csv(reports: list[tuple[Report, tuple[Row, ...]]], columns: tuple[Column, ...]) -> str:
    """A line for each layer, plain numbers; with several networks a first column tells which."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    several = len(reports) > 1
    writer.writerow([*(["network"] if several else []), *(column.name for column in columns)])
    for report, rows in reports:
        for row in rows:
            cells = [_for_programs(column.cell(row, report.layout)) for column in columns]
            writer.writerow([*([report.name] if several else []), *cells])
    return text.getvalue()


def _for_programs(cell: str) -> str:
    """Numbers without commas, sizes with the letter x."""
    return cell.replace(",", "") if NUMBER.fullmatch(cell) else cell.replace("×", "x")


def default_csv_columns() -> tuple[Column, ...]:
    """All of them: a file for programs leaves nothing out."""
    return tuple(COLUMNS.values())
