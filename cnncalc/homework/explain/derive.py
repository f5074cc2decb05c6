"""Explain every number of a layer, block or network: formula, values and result.

Numbers come from the report, and formulas are those that computed them; nothing is counted again.
"""

from collections.abc import Iterable, Iterator

from msgspec import structs

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report, Row, running
from cnncalc.choices import NotationName
from cnncalc.homework.explain.costs import computed, connected, learned, stored, sums
from cnncalc.homework.explain.explained import Derivation, Explained, Line
from cnncalc.homework.explain.field import Rows, receptive_field, rows_of
from cnncalc.homework.explain.notation import NOTATIONS, Notation
from cnncalc.homework.explain.sizes import elements, sizes_of
from cnncalc.layers import TensorSource
from cnncalc.spec import SpecLike

__all__ = ["explain"]


def explain(
    source: Report | SpecLike, layer: str | None = None, *, notation: NotationName = "cnncalc"
) -> Explained:
    """Explain every number of a layer, or the sums of a block or (without `layer`) of the network.

    Args:
        source: a report from `analyze` or `calc`, a spec, or anything that `load` takes.
        layer: the name of a layer or block, or of an input.
        notation: which letters and which form of the size formula to use.

    Raises:
        KeyError: there is no layer or block of that name.
        SpecError: the spec cannot be read.

    >>> macs = explain("alexnet", "conv1")["macs"]
    >>> macs.value, str(macs.lines[0].working)
    (105415200, '290400·121·3/1 = 105415200')
    >>> str(explain("alexnet", "conv1", notation="cs231n")["output"].lines[0].working)
    '(227 − 11 + 2·0)/4 + 1 = 55'
    """
    report = _report(source)
    chosen = NOTATIONS[notation]
    rows = rows_of(report)
    if layer is None:
        parts = tuple(_layer(report, row, rows, chosen, is_short=True) for row in report.layers)
        found = [_output(report, report.output), *sums(running(report.layers))]
        whole = _explained(report, report.output, report.name, "network", found, parts)
        outputs = {name: row.output for name, row in report.outputs.items()}
        reads = tuple(report.inputs.values())
        return structs.replace(whole, reads=reads, inputs=report.inputs, outputs=outputs)
    entry = next((row for row in report.entries if row.name == layer), None)
    if entry and (layer not in report.names or report.row_at(report.names[layer]) is entry):
        return _entry(report, entry)
    row = report.layer(layer)
    if row.layer is not None:
        return _layer(report, row, rows, chosen)
    inside = [each for each in report.layers if each.name == layer or each.name.startswith(f"{layer}.")]
    at = report.names[layer]
    leaving = report.row_at(at)
    output = _output(report, leaving, chosen) if leaving.name == layer else _output(report, leaving)
    found = [output, *sums(inside), receptive_field(report, leaving, rows, chosen)]
    return _explained(report, row, row.name, row.kind, found)


def _report(source: Report | SpecLike) -> Report:
    if isinstance(source, Report):
        return source
    return analyze(source)


def _entry(report: Report, row: Row) -> Explained:
    """An input: its values and their bytes."""
    counted = Line("", elements(row.output))
    found = [
        Derivation("elements", "values", row.output.size, (counted,)),
        *stored(row, report, is_view=False),
    ]
    return _explained(report, row, row.name, row.kind, found)


def _layer(
    report: Report, row: Row, rows: dict[str, Rows], notation: Notation, is_short: bool = False
) -> Explained:
    found = [*_of_layer(report, row, notation), receptive_field(report, row, rows, notation, is_short)]
    return _explained(report, row, row.name, row.kind, found)


def _of_layer(report: Report, row: Row, notation: Notation) -> Iterator[Derivation]:
    layer = row.layer
    assert layer is not None
    yield from sizes_of(layer, row.reads, row.output, report.layout, notation)
    yield from learned(row, layer, notation)
    yield from computed(row, report, layer)
    yield from connected(row, layer, notation)
    yield from stored(row, report, layer.is_view)


def _output(report: Report, leaving: Row, notation: Notation | None = None) -> Derivation:
    """The output of several layers; for a merge of branches, with the formulas of its sizes."""
    if notation and leaving.layer:
        return next(sizes_of(leaving.layer, leaving.reads, leaving.output, report.layout, notation))
    return Derivation("output", "output", leaving.output.dims(report.layout))


def _explained(
    report: Report,
    row: Row,
    name: str,
    kind: str,
    found: Iterable[Derivation],
    parts: tuple[Explained, ...] = (),
) -> Explained:
    return Explained(
        name=name,
        kind=kind,
        reads=() if isinstance(row.layer, TensorSource) else row.reads,
        output=row.output,
        layout=report.layout,
        quantities={quantity.name: quantity for quantity in found},
        parts=parts,
    )
