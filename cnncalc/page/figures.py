"""The figures of a network for the page: the same graph, folded to several depths."""

from cnncalc.analysis.report import Report, running
from cnncalc.choices import Bar
from cnncalc.drawing.captions import inputs, summary
from cnncalc.drawing.folding import Diagram, Hierarchy
from cnncalc.drawing.graph import Drawn
from cnncalc.drawing.scene import Scene, moved
from cnncalc.drawing.svg import svg
from cnncalc.drawing.wording import cost
from cnncalc.render.data import Data

DEEPEST = 8
MOST_BOXES = 400
"""Deeper figures with more boxes are left out; the first is always there, up to `MOST_IN_FIRST`."""
MOST_IN_FIRST = 2000
EDGE = 6.0
"""Room around a figure, for the outlines of what has the focus."""
BAR: Bar = "macs"


def figures(report: Report) -> list[Data]:
    """The figures from folded to open; `depth` is how deep blocks are open in each."""
    hierarchy = Hierarchy(report)
    total = sum(cost(row, BAR) for row in running(report.layers))
    found: list[Data] = []
    before: Diagram | None = None
    for depth in range(1, DEEPEST + 1):
        diagram = hierarchy.diagram(depth)
        if diagram == before or len(diagram.boxes) > (MOST_BOXES if found else MOST_IN_FIRST):
            break
        before = diagram
        scene = _scene(report, diagram, total)
        figure = svg(scene, "light", f"d{depth}-")
        found.append(
            {"depth": depth, "boxes": len(diagram.boxes), "width": round(scene.width), "svg": figure}
        )
    return found


def _scene(report: Report, diagram: Diagram, total: int) -> Scene:
    drawn = Drawn(diagram, BAR, total)
    width, height = drawn.area.width + 2 * EDGE, drawn.area.height + 2 * EDGE
    items = tuple(moved(item, EDGE, EDGE) for item in drawn.items())
    description = f"{summary(report)}. {len(diagram.boxes)} boxes, {inputs(report)}"
    return Scene(width, height, report.name, description, items)
