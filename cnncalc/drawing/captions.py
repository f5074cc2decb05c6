"""The text around figures, and what their elements say of a layer: ids, data and hover text."""

from cnncalc.analysis.report import Report
from cnncalc.drawing.folding import Tile
from cnncalc.drawing.scene import Cluster, Item, Text
from cnncalc.drawing.svg import identifier
from cnncalc.drawing.wording import short

TITLE, SMALL, TINY = 11.5, 9.5, 9.0
"""Font sizes."""
MARGIN = 16.0
LINE = 13.0
HEADING = 14.0

ENDS = frozenset(("input", "output"))
"""Families of boxes that stand for no layer."""


def summary(report: Report) -> str:
    """The totals in a few words."""
    totals = report.totals
    return f"{short(totals.params.total)} parameters · {short(totals.costs.macs)} MACs"


def inputs(report: Report) -> str:
    """`input 3×224×224`; several have their names."""
    if len(report.inputs) == 1:
        return f"input {report.input.text(report.layout)}"
    named = (f"{name} {shape.text(report.layout)}" for name, shape in report.inputs.items())
    return f"inputs {', '.join(named)}"


def heading(report: Report, *legend: str) -> list[Text]:
    """The name of the network, its totals, and how to read the figure; the lines end at `below` of them."""
    texts = [Text(MARGIN, MARGIN + 12, report.name, HEADING, "text", True)]
    for at, line in enumerate(filter(None, (summary(report), *legend))):
        texts.append(Text(MARGIN, MARGIN + 28 + LINE * at, line, SMALL, "muted"))
    return texts


def below(texts: list[Text]) -> float:
    """Where a figure begins below its heading."""
    return texts[-1].y + LINE


def times(tile: Tile) -> str:
    """What a box does, with its repetitions: `conv 3×3, 64 ×2`."""
    return f"{tile.title} ×{tile.times}" if tile.times > 1 else tile.title


def key(tile: Tile) -> str:
    """What an id consists of: a layer may be called `input` or `output`, too."""
    return f"{tile.family if tile.family in ENDS else 'box'}-{tile.name}"


def role_of(tile: Tile) -> str:
    """The colours of a box: those of its family, or grey and dashed if it exists in training only."""
    return "auxiliary" if tile.auxiliary else tile.family


def cluster(tile: Tile, items: list[Item], *within: str) -> Cluster:
    """The items of a box, with what they say about it."""
    data = {"name": tile.name, "kind": tile.title, "layers": str(len(tile.rows))}
    if tile.times > 1:
        data["times"] = str(tile.times)
    if tile.output:
        data["output"] = tile.output
    if tile.auxiliary:
        data["auxiliary"] = "true"
    kind = tile.family if tile.family in (*ENDS, "block") else "layer"
    return Cluster(tuple(items), identifier(*within, key(tile)), f"box {kind}", data, hover(tile))


def hover(tile: Tile) -> str:
    """What is shown under the pointer."""
    parts = [f"{tile.name}: {times(tile)}", tile.detail, f"output {tile.output}" if tile.output else ""]
    parts += ["in training only"] if tile.auxiliary else []
    if tile.rows:
        parts.append(f"{sum(row.params.total for row in tile.rows):,} parameters")
        parts.append(f"{sum(row.costs.macs for row in tile.rows):,} MACs")
    return "\n".join(filter(None, parts))
