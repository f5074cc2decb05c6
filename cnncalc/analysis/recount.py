"""Recounts a report by the rules of another tool."""

import re
from collections.abc import Callable
from functools import cache
from math import prod

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis.conventions import BY_KIND, PROFILES, Cell
from cnncalc.analysis.counts import Counting
from cnncalc.analysis.report import Report, Row, running, total
from cnncalc.choices import Tool
from cnncalc.formula import Formula
from cnncalc.layers.base import per_axis
from cnncalc.layers.convolution import ConvTranspose
from cnncalc.layers.normalization import LocalResponseNorm
from cnncalc.layers.resampling import Upsample


class Variable(Struct, frozen=True):
    """A variable of the rules, computed from a layer's row and the batch size."""

    meaning: str
    of: Callable[[Row, int], int]


def _dims(row: Row, at: int) -> int:
    """One size of the first weight tensor."""
    return next(iter(row.weights.values()))[at]


def _groups(row: Row) -> int:
    channels = row.output.channels if isinstance(row.layer, ConvTranspose) else row.reads[0].channels
    return channels // _dims(row, 1)


def _strides(row: Row, _: int) -> int:
    x = row.reads[0]
    return prod(per_axis(row.layer.stride, x, "stride")) if isinstance(row.layer, ConvTranspose) else 1


def _as_convolution(row: Row, batch: int) -> int:
    """Output positions of a convolution with the options of a transposed convolution."""
    x = row.reads[0]
    windows = row.layer.windows(x) if isinstance(row.layer, ConvTranspose) else ()
    sizes = (
        (n + each.before + each.after - each.dilation * (each.kernel - 1) - 1) // each.stride + 1
        for n, each in zip(x.spatial, windows, strict=True)
    )
    return batch * prod(sizes)


def _written_size(row: Row, _: int) -> int:
    is_written = isinstance(row.layer, Upsample) and row.layer.size is not None
    return row.output.positions if is_written else 0


def _neighbours(row: Row, _: int) -> int:
    return row.layer.size if isinstance(row.layer, LocalResponseNorm) else 0


VARIABLES: dict[str, Variable] = {
    "macs": Variable("multiply-adds", lambda row, _: row.costs.macs),
    "b": Variable("outputs with a bias", lambda row, batch: row.costs.adds if "bias" in row.weights else 0),
    "steps": Variable(
        "operations that reduce windows to a value", lambda row, _: row.costs.adds + row.costs.comparisons
    ),
    "s": Variable("samples", lambda _, batch: batch),
    "w": Variable("parameters", lambda row, _: sum(map(prod, row.weights.values()))),
    "n": Variable("elements of the input", lambda row, batch: batch * row.reads[0].size),
    "m": Variable("elements of the output", lambda row, batch: batch * row.output.size),
    "q": Variable("input positions", lambda row, batch: batch * row.reads[0].positions),
    "p": Variable("output positions", lambda row, batch: batch * row.output.positions),
    "c": Variable("input channels", lambda row, _: row.reads[0].channels),
    "f": Variable("output channels", lambda row, _: row.output.channels),
    "d": Variable("intermediate channels of a separable convolution", lambda row, _: _dims(row, 0)),
    "v": Variable("kernel positions", lambda row, _: prod(next(iter(row.weights.values()))[2:])),
    "g": Variable("groups", lambda row, _: _groups(row)),
    "h": Variable("1 with a bias", lambda row, _: int("bias" in row.weights)),
    "a": Variable("1 with a learned scale and shift", lambda row, _: int(bool(row.weights))),
    "r": Variable("axes", lambda row, _: row.output.rank),
    "l": Variable("1 if values are interpolated", lambda row, _: int(row.costs.multiplications > 0)),
    "k": Variable("neighbouring channels", _neighbours),
    "t": Variable("product of the strides", _strides),
    "u": Variable("output positions, if the spec gives a size", _written_size),
    "z": Variable("output positions, as if it were a convolution", _as_convolution),
}


@cache
def formula(text: str) -> Formula:
    """The formula of a cell, with the meanings of its variables."""
    used = [name for name in dict.fromkeys(re.findall("[a-z]+", text)) if name in VARIABLES]
    return Formula(text, **{name: VARIABLES[name].meaning for name in used})


def counts(row: Row, tool: Tool, batch: int = 1) -> tuple[int, ...] | None:
    """A tool's counts for a layer, one per quantity; None if the tool does not know the kind."""
    cell: Cell = getattr(BY_KIND.get(row.kind), tool, None)
    if cell is None:
        return None
    quantities = PROFILES[tool].quantities
    texts = {quantities[0]: cell} if isinstance(cell, str) else cell
    return tuple(_value(texts.get(quantity, "0"), row, batch) for quantity in quantities)


def _value(text: str, row: Row, batch: int) -> int:
    rule = formula(text)
    return rule(**{name: VARIABLES[name].of(row, batch) for name in rule.meanings}).value


CountedRows = list[tuple[Row, tuple[int, ...] | None]]
"""Each layer with the tool's counts."""


def recounted(report: Report, tool: Tool) -> Report:
    """The report with a tool's counts added to every layer and the totals."""
    known: dict[object, tuple[int, ...] | None] = {}
    for row in report.layers:
        if (row.layer, row.reads) not in known:
            known[row.layer, row.reads] = counts(row, tool, report.batch)
    found = [(row, known[row.layer, row.reads]) for row in report.layers]
    nothing = (0,) * len(PROFILES[tool].quantities)
    rows = tuple(replace(row, counted=each or nothing) for row, each in found)
    totals = replace(
        total(running(rows)),
        counted=tuple(map(sum, zip(nothing, *(row.counted for row in running(rows)), strict=True))),
    )
    return replace(report, layers=rows, totals=totals, counting=_counting(tool, found))


def _counting(tool: Tool, found: CountedRows) -> Counting:
    """The tool, and the kinds of this network whose operations it does not count."""
    working = [(row.kind, each) for row, each in found if row.costs.flops]
    counted = {kind for kind, each in working if any(each or ())}
    unknown = dict.fromkeys(kind for kind, each in working if each is None)
    ignored = dict.fromkeys(kind for kind, _ in working if kind not in counted and kind not in unknown)
    profile = PROFILES[tool]
    return Counting(tool, profile.source, profile.quantities, tuple(unknown), tuple(ignored))
