"""Results of `dialects`: one column per dialect, as a table, Markdown, CSV or JSON."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.text import Text

from cnncalc.checks.dialects import Dialects, LayerInDialects, OtherDefault
from cnncalc.layers.dialects import DIALECTS, NAMES, Dialect, Outcome
from cnncalc.printed import plural
from cnncalc.render.columns import count
from cnncalc.render.data import SCHEMA_VERSION
from cnncalc.render.grid import FAINT, GAP, Grid, Lane
from cnncalc.render.markdown import escaped
from cnncalc.render.markdown import table as markdown_table
from cnncalc.render.table import NARROWEST, broken, declared_notes
from cnncalc.shapes import Layout

ALIKE, NONE = "=", "–"
"""A cell like that of the spec's own dialect, and one without a layer or network."""
NETWORK = "network"
SHOWN_LAYERS = 3
"""The number of layers that a note names."""

Line = tuple[str, str, Mapping[Dialect, str]]
"""What differs: the layer, the quantity, and its value in each dialect."""


def sides(found: Outcome) -> str:
    """The padding before and after each axis: `1+1`, `0+1×1+1`."""
    shown = [f"{before}+{after}" for before, after in found.padding]
    return (shown[0] if len({*shown}) == 1 else "×".join(shown)) if shown else NONE


def _of_layers(layout: Layout) -> Mapping[str, Callable[[Outcome], str]]:
    return {
        "output": lambda found: found.output.text(layout),
        "padding": sides,
        "parameters": lambda found: count(found.params),
        "MACs": lambda found: count(found.macs),
    }


def lines(found: Dialects) -> list[Line]:
    """Every quantity of a layer that differs, then the network's totals."""
    return [line for layer in found.layers for line in _of_layer(layer, found.layout)] + _totals(found)


def _of_layer(layer: LayerInDialects, layout: Layout) -> Iterator[Line]:
    written = 0
    for quantity, cell in _of_layers(layout).items():
        cells = {
            dialect: cell(each) if isinstance(each, Outcome) else NONE
            for dialect, each in layer.outcomes.items()
        }
        if len({*cells.values()} - {NONE}) > 1 or (quantity == "MACs" and not written):
            written += 1
            yield layer.name, quantity, cells


def _totals(found: Dialects) -> list[Line]:
    own = found.networks[found.dialect].report
    names = list(own.outputs) if own else []
    cells: dict[str, dict[Dialect, str]] = {}
    for dialect, network in found.networks.items():
        report = network.report
        outputs = [report.outputs[name].output.text(found.layout) if report else NONE for name in names]
        for name, output in zip(names, outputs, strict=True):
            cells.setdefault(f"output {name}" if len(names) > 1 else "output", {})[dialect] = output
        cells.setdefault("parameters", {})[dialect] = count(report.totals.params.total) if report else NONE
        cells.setdefault("MACs", {})[dialect] = count(report.totals.macs) if report else NONE
    return [(NETWORK, quantity, values) for quantity, values in cells.items()]


def _columns(found: Dialects) -> list[Dialect]:
    """The spec's own dialect first."""
    return [found.dialect, *(name for name in NAMES if name != found.dialect)]


def _rows(found: Dialects) -> list[list[str]]:
    """The cells; those like the spec's own are marked."""
    rows = []
    for name, quantity, values in lines(found):
        own = values[found.dialect]
        others = [
            ALIKE if values[dialect] == own != NONE else values[dialect] for dialect in _columns(found)[1:]
        ]
        rows.append([name, quantity, own, *others])
    return rows


def _header(found: Dialects) -> list[str]:
    return ["layer", "quantity", *(DIALECTS[dialect].title for dialect in _columns(found))]


def dialects_table(found: Dialects, width: int | None) -> RenderableType:
    """The layers that differ and the totals, for a terminal of a given width."""
    header, rows = _header(found), _rows(found)
    widths = [max(map(cell_len, column)) for column in zip(header, *rows, strict=True)]
    if width:
        spare = width - sum(widths[1:]) - GAP * (len(widths) - 1)
        widths[0] = min(widths[0], max(spare, NARROWEST))
    cells = zip(*rows, strict=True)
    lanes = [
        Lane(title, [broken(cell, room) for cell in column] if at == 0 else column, [], room, at < 2)
        for at, (title, column, room) in enumerate(zip(header, cells, widths, strict=True))
    ]
    title = Text(found.name, "bold")
    title.append(f"  {_intro(found)}", "not bold")
    below: list[RenderableType] = [Text(note, FAINT) for note in notes(found)]
    return Group(title, "", Grid(tuple(lanes)), *(["", *below] if below else []))


def notes(found: Dialects) -> Iterator[str]:
    """What the table leaves out: why there is no value, and defaults that change no number."""
    if not found.layers:
        yield "no layer differs in size, padding or count"
    refused: dict[str, list[str]] = {}
    for layer in found.layers:
        for outcome in layer.outcomes.values():
            if isinstance(outcome, str):
                refused.setdefault(outcome, []).append(layer.name)
    for message, names in refused.items():
        yield f"{_some(names)}: {message}"
    for dialect, network in found.networks.items():
        if network.problem and network.problem.message not in refused:
            at = f"{network.problem.layer}: " if network.problem.layer else ""
            yield f"no network in {DIALECTS[dialect].title}: {at}{network.problem.message}"
    for each in found.defaults:
        yield _default(each, found.dialect)
    own = found.networks[found.dialect].report
    yield from declared_notes([own] if own else [])


def _some(names: list[str]) -> str:
    more = len(names) - SHOWN_LAYERS
    return ", ".join(names[:SHOWN_LAYERS]) + (f" and {plural(more, 'more layer')}" if more > 0 else "")


def _default(each: OtherDefault, own: Dialect) -> str:
    """`default eps of 20 batchnorms: 1e-05; Keras 0.001`."""
    mine = each.values[own]
    others = ", ".join(
        f"{DIALECTS[dialect].title} {_plain(value)}"
        for dialect, value in each.values.items()
        if value != mine
    )
    return f"default {each.option} of {plural(each.layers, each.kind)}: {_plain(mine)}; {others}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _intro(found: Dialects) -> str:
    return f"read by {DIALECTS[found.dialect].possessive} rules; {ALIKE} marks the same value"


def dialects_markdown(found: Dialects) -> str:
    """The table and its notes as Markdown."""
    rows = [list(map(escaped, row)) for row in _rows(found)]
    table = markdown_table(_header(found), (at < 2 for at in range(len(NAMES) + 2)), rows)
    listed = [f"- {escaped(note)}" for note in notes(found)]
    return "\n".join([f"## {escaped(found.name)}", "", _intro(found), "", *table, "", *listed, ""])


def dialects_csv(found: Dialects) -> str:
    """One line per layer and quantity, with the value in every dialect."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["layer", "quantity", *NAMES])
    for name, quantity, values in lines(found):
        cells = ("" if values[dialect] == NONE else values[dialect] for dialect in NAMES)
        writer.writerow([name, quantity, *(cell.replace(",", "").replace("×", "x") for cell in cells)])
    return text.getvalue()


def dialects_data(found: Dialects) -> dict[str, object]:
    """The JSON object, with exact integers."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": found.name,
        "dialect": found.dialect,
        "layout": found.layout,
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "line": layer.line,
                "input": [list(shape.dims(found.layout)) for shape in layer.reads],
                "dialects": {
                    dialect: _outcome(each, found.layout) for dialect, each in layer.outcomes.items()
                },
            }
            for layer in found.layers
        ],
        "networks": {
            dialect: {
                "outputs": {
                    name: list(row.output.dims(found.layout)) for name, row in network.report.outputs.items()
                },
                "params": network.report.totals.params.total,
                "macs": network.report.totals.macs,
            }
            if network.report
            else {"error": network.problem.message if network.problem else ""}
            for dialect, network in found.networks.items()
        },
        "defaults": [
            {"kind": each.kind, "option": each.option, "layers": each.layers, "values": dict(each.values)}
            for each in found.defaults
        ],
    }


def _outcome(found: Outcome | str, layout: Layout) -> dict[str, object]:
    if isinstance(found, str):
        return {"error": found}
    return {
        "output": list(found.output.dims(layout)),
        "padding": [list(side) for side in found.padding],
        "params": found.params,
        "macs": found.macs,
    }
