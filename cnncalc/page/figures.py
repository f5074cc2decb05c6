"""The figures of a network for the page: the graph folded to several depths, and each block opened alone."""

from cnncalc.analysis.report import Report, running
from cnncalc.choices import Bar
from cnncalc.drawing.captions import inputs, summary
from cnncalc.drawing.folding import Diagram, Hierarchy
from cnncalc.drawing.graph import Drawn
from cnncalc.drawing.scene import Item, Scene, moved
from cnncalc.drawing.svg import escaped, plain_svg
from cnncalc.drawing.wording import cost
from cnncalc.page.table import Table
from cnncalc.render.data import Data

DEEPEST = 8
MOST_BOXES = 400
"""Deeper figures with more boxes are left out; the first is always there, up to `MOST_IN_FIRST`."""
MOST_IN_FIRST = 2000
MOST_OPENED, MOST_BLOCKS = 120_000, 300
"""Characters and blocks opened alone; when they are used up, further blocks only open with their level."""
EDGE = 6.0
"""Room around a figure, for the outlines of what has the focus."""
BAR: Bar = "macs"
FREE = "\ue001"
NAME = "\ue000"
"""Stands for the name of a block, so that blocks that are alike are sent once; `FREE` for nothing."""

SWAPPED = (("<", "{"), (">", "}"), ('"', "|"))


def compact(svg: str) -> str:
    """SVG with other signs for those that take six bytes in the page; the same swap brings them back."""
    for one, other in SWAPPED:
        svg = svg.replace(one, FREE).replace(other, one).replace(FREE, other)
    return svg


def figures(report: Report) -> Data:
    """The figures from folded to open, and each folded block of them opened alone.

    `levels` are the figures with their `depth`. `blocks` has the position of each block in `forms`, which are
    figures of what is inside, each with the x of the wires that enter and leave it.
    """
    hierarchy = Hierarchy(report)
    total = sum(cost(row, BAR) for row in running(report.layers))
    levels: list[Data] = []
    names: dict[str, None] = {}
    before: Diagram | None = None
    for depth in range(1, DEEPEST + 1):
        diagram = hierarchy.diagram(depth)
        if diagram == before or len(diagram.boxes) > (MOST_BOXES if levels else MOST_IN_FIRST):
            break
        before = diagram
        drawn = Drawn(diagram, BAR, total)
        description = f"{summary(report)}. {len(diagram.boxes)} boxes, {inputs(report)}"
        items = [moved(item, EDGE, EDGE) for item in drawn.items()]
        scene = _scene(report, drawn, items, EDGE, description)
        levels.append({"depth": depth, "width": round(scene.width), "svg": compact(plain_svg(scene))})
        names |= dict.fromkeys(_blocks(hierarchy, diagram))
    return {"levels": levels, **_opened(report, hierarchy, [*names], total)}


def _blocks(hierarchy: Hierarchy, diagram: Diagram) -> list[str]:
    """The folded blocks of a diagram."""
    return [box.name for box in diagram.boxes if box.family == "block" and box.name in hierarchy.groups]


def _opened(report: Report, hierarchy: Hierarchy, waiting: list[str], total: int) -> Data:
    """The inside of each block, and of the blocks in it."""
    forms = Table()
    blocks: dict[str, int] = {}
    known = {*waiting}
    used = 0
    for name in waiting:
        diagram = hierarchy.opened(name)
        if len(diagram.boxes) > MOST_BOXES:
            continue
        if used > MOST_OPENED or len(blocks) == MOST_BLOCKS:
            break
        drawn = Drawn(diagram, BAR, total, is_open=True)
        scene = _scene(report, drawn, drawn.items(), 0, "")
        written = compact(plain_svg(scene).replace(escaped(name), NAME))
        count = len(forms.values)
        blocks[name] = forms.at([written, round(drawn.axis, 2)])
        used += len(written) * (len(forms.values) > count)
        inner = [each for each in _blocks(hierarchy, diagram) if each not in known]
        known.update(inner)
        waiting += inner
    return {"forms": forms.values, "blocks": blocks}


def _scene(report: Report, drawn: Drawn, items: list[Item], edge: float, description: str) -> Scene:
    width, height = drawn.area.width + 2 * edge, drawn.area.height + 2 * edge
    return Scene(width, height, report.name, description, tuple(items))
