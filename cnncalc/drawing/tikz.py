"""TikZ: a LaTeX document of the size of the figure, whose picture can be copied into a paper.

Text is set in Helvetica, which is as wide as the font that the figure was laid out with.
"""

from collections.abc import Iterator
from math import ceil

from cnncalc.choices import Theme
from cnncalc.drawing.palette import Paint, paints_of
from cnncalc.drawing.scene import (
    Cluster,
    Item,
    Point,
    Polygon,
    Rect,
    Scene,
    Stroke,
    Text,
    arrowhead,
    curve,
    flat,
)
from cnncalc.problems import printable

POINT = 0.75
"""Points per unit."""

HEAD = r"""%% %s, drawn by cnncalc. Compile with pdflatex, or copy the colors and the picture.
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{helvet}
\usepackage{textcomp}
\usepackage{tikz}
\usepackage[paperwidth=%sbp,paperheight=%sbp,margin=0bp]{geometry}
\pagestyle{empty}
\setlength{\parindent}{0pt}
\setlength{\topskip}{0pt}
"""

SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "'": r"\textquotesingle{}",
    "×": r"\texttimes{}",
    "·": r"\textperiodcentered{}",
    "→": r"$\to$",
    "…": "...",
    "–": "--",
    "−": r"$-$",
}
"""Signs with a meaning in LaTeX, and those that its fonts have under a name."""
LAST = "\u0180"
"""Before this, LaTeX's fonts have every letter."""


def tikz(scene: Scene, theme: Theme = "auto") -> str:
    """The figure as a LaTeX document, light unless `theme` is `dark`."""
    return "\n".join(_lines(scene, paints_of(theme))) + "\n"


def _lines(scene: Scene, paints: dict[str, Paint]) -> Iterator[str]:
    items = list(flat(scene.items))
    title = printable(scene.title).encode("ascii", "replace").decode("ascii")
    yield HEAD % (title, ceil(scene.width * POINT) + 1, ceil(scene.height * POINT) + 1)
    roles = dict.fromkeys(["background", *(item.role for item in items), "head"])
    colors = dict.fromkeys(
        color for role in roles for color in (paints[role].fill, paints[role].stroke) if color
    )
    yield from (rf"\definecolor{{{_name(color)}}}{{HTML}}{{{color[1:].upper()}}}" for color in colors)
    yield r"\begin{document}\sffamily%"
    yield rf"\begin{{tikzpicture}}[x={POINT}bp, y=-{POINT}bp, line join=round, line cap=round]"
    width, height = _number(scene.width), _number(scene.height)
    yield rf"\useasboundingbox (0,0) rectangle ({width},{height});"
    yield from _drawn(Rect(0, 0, scene.width, scene.height, "background"), paints)
    for item in scene.items:
        yield from _commented(item, paints)
    yield r"\end{tikzpicture}%"
    yield r"\end{document}"


def _commented(item: Item, paints: dict[str, Paint]) -> Iterator[str]:
    """An item; boxes are preceded by a comment with their layer."""
    if isinstance(item, Cluster):
        if "name" in item.data:
            yield f"% {printable(item.data['name']).encode('ascii', 'replace').decode('ascii')}"
        for each in item.items:
            yield from _commented(each, paints)
    else:
        yield from _drawn(item, paints)


def _drawn(item: Rect | Polygon | Stroke | Text, paints: dict[str, Paint]) -> Iterator[str]:
    options = _options(paints[item.role])
    match item:
        case Rect():
            radius = min(item.radius, item.width / 2, item.height / 2)
            rounded = f", rounded corners={_number(radius * POINT)}bp" if radius else ""
            corner = _point((item.x + item.width, item.y + item.height))
            yield rf"\path[{options}{rounded}] {_point((item.x, item.y))} rectangle {corner};"
        case Polygon():
            yield rf"\path[{options}] {' -- '.join(map(_point, item.points))} -- cycle;"
        case Stroke():
            yield rf"\path[{options}] {_path(item)};"
            if item.arrow:
                head = " -- ".join(map(_point, arrowhead(item)))
                yield rf"\path[{_options(paints['head'])}] {head} -- cycle;"
        case Text():
            size = _number(item.size * POINT)
            bold = r"\bfseries" if item.bold else ""
            anchor = {"start": "base west", "middle": "base", "end": "base east"}[item.anchor]
            style = f"anchor={anchor}, inner sep=0, outer sep=0, text={_name(paints[item.role].fill)}"
            font = rf"font=\fontsize{{{size}bp}}{{{size}bp}}\selectfont{bold}"
            yield rf"\node[{style}, {font}] at {_point((item.x, item.y))} {{{escaped(item.text)}}};"


def _options(paint: Paint) -> str:
    parts = [f"fill={_name(paint.fill)}"] if paint.fill else []
    if paint.stroke:
        parts += [f"draw={_name(paint.stroke)}", f"line width={_number(paint.width * POINT)}bp"]
    if paint.dash:
        on, off = (_number(each * POINT) for each in paint.dash)
        parts.append(f"dash pattern=on {on}bp off {off}bp")
    return ", ".join(parts)


def _path(stroke: Stroke) -> str:
    """Straight lines, and curves at the corners."""
    text = ""
    for kind, points in curve(stroke):
        if kind == "C":
            first, second, end = map(_point, points)
            text += f" .. controls {first} and {second} .. {end}"
        else:
            for point in points:
                text += f" -- {_point(point)}" if text else _point(point)
    return text


def _name(color: str) -> str:
    """A name for a color: letters and digits."""
    return f"c{color[1:]}"


def _point(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def escaped(text: str) -> str:
    r"""The text for LaTeX; signs that its standard fonts lack become question marks.

    >>> print(escaped("50 % of conv_1, 3×3"))
    50 \% of conv\_1, 3\texttimes{}3
    """
    return "".join(SIGNS.get(sign) or (sign if sign.isprintable() and sign < LAST else "?") for sign in text)
