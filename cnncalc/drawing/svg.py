"""SVG: text stays text, no scripts, and colours that follow the reader's light or dark mode."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from cnncalc.choices import Theme
from cnncalc.drawing.font import FAMILY
from cnncalc.drawing.palette import DARK, LIGHT, Paint, paints_of
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
    corners,
    flat,
    shaft,
)

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot contain."""


PLAIN = frozenset(("name", "times", "of", "from", "to"))
"""The data that a page needs, which has the numbers of each layer in another form."""


def escaped(text: str) -> str:
    """The text for XML, also inside quotes.

    >>> escaped('a < "b" & \\x00')
    'a &lt; &quot;b&quot; &amp; \\ufffd'
    """
    plain = FORBIDDEN.sub("\ufffd", text)
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        plain = plain.replace(sign, entity)
    return plain


def identifier(*words: str) -> str:
    """An id for an element: letters, digits and `._-` as they are, other characters as numbers.

    >>> identifier("box", "stage1.0/a b")
    'box-stage1.0~2fa~20b'
    """
    return "-".join(re.sub(r"[^A-Za-z0-9._-]", lambda sign: f"~{ord(sign[0]):x}", word) for word in words)


def svg(scene: Scene, theme: Theme = "auto") -> str:
    """The figure as an SVG document; with the theme `auto`, light or dark as the reader's system is."""
    return "\n".join(_Writer(theme).document(scene)) + "\n"


def plain_svg(scene: Scene) -> str:
    """The same for a page with `rules`: without ids, which may be in several figures, and without colours.

    The page sets `lengthAdjust` of texts, rounds the corners of lines, and adds their arrowheads.
    """
    return "".join(_Writer("light", is_plain=True).document(scene))


class _Writer:
    def __init__(self, theme: Theme, *, is_plain: bool = False) -> None:
        self.theme = theme
        self.is_plain = is_plain
        self.paints = paints_of(theme)

    def document(self, scene: Scene) -> Iterator[str]:
        width, height = number(scene.width), number(scene.height)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" font-family="{escaped(FAMILY)}">'
        )
        yield f"<title>{escaped(scene.title)}</title>"
        yield f"<desc>{escaped(scene.description)}</desc>"
        if self.theme == "auto":
            yield f"<style>@media (prefers-color-scheme:dark){{{dark_rules(roles(scene))}}}</style>"
        yield self._rect(Rect(0, 0, scene.width, scene.height, "background"))
        for item in scene.items:
            yield from self._item(item)
        yield "</svg>"

    def _item(self, item: Item) -> Iterator[str]:
        match item:
            case Cluster():
                yield self._opening(item)
                if item.hover and not (self.is_plain and item.hover == item.data.get("name")):
                    yield f"<title>{escaped(item.hover)}</title>"
                for each in item.items:
                    yield from self._item(each)
                yield "</g>"
            case Rect():
                yield self._rect(item)
            case Polygon():
                yield f'<polygon points="{_points(item.points)}"{self._paint(item.role)}/>'
            case Stroke() if self.is_plain:
                points = "L".join(f"{number(x)} {number(y)}" for x, y in item.points)
                yield f'<path d="M{points}" class="c-{item.role}{" arrow" * item.arrow}"/>'
            case Stroke():
                yield f'<path d="{path(item)}"{self._paint(item.role)}/>'
                if item.arrow:
                    yield f'<polygon points="{_points(arrowhead(item))}"{self._paint("head")}/>'
            case Text():
                yield self._text(item)

    def _opening(self, group: Cluster) -> str:
        parts = [f' id="{escaped(group.id)}"'] if group.id and not self.is_plain else []
        parts += [f' class="{escaped(group.classes)}"'] if group.classes else []
        parts += [
            f' data-{name}="{escaped(value)}"'
            for name, value in group.data.items()
            if name in PLAIN or not self.is_plain
        ]
        return f"<g{''.join(parts)}>"

    def _rect(self, rect: Rect) -> str:
        radius = f' rx="{number(rect.radius)}"' if rect.radius else ""
        size = f'width="{number(rect.width)}" height="{number(rect.height)}"'
        place = f'x="{number(rect.x)}" y="{number(rect.y)}"'
        return f"<rect {place} {size}{radius}{self._paint(rect.role)}/>"

    def _text(self, text: Text) -> str:
        anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
        bold = ' font-weight="700"' if text.bold else ""
        place = f'x="{number(text.x)}" y="{number(text.y)}" font-size="{number(text.size)}"'
        length = f' textLength="{number(round(text.width, 1))}"'
        length += "" if self.is_plain else ' lengthAdjust="spacingAndGlyphs"'
        return f"<text {place}{anchor}{bold}{length}{self._paint(text.role)}>{escaped(text.text)}</text>"

    def _paint(self, role: str) -> str:
        return f' class="c-{role}"{"" if self.is_plain else _attributes(self.paints[role])}'


@cache
def _attributes(paint: Paint) -> str:
    parts = [f' fill="{paint.fill or "none"}"']
    if paint.stroke:
        parts.append(f' stroke="{paint.stroke}" stroke-width="{number(paint.width)}"')
    if paint.dash:
        parts.append(f' stroke-dasharray="{" ".join(map(number, paint.dash))}"')
    return "".join(parts)


def roles(scene: Scene) -> Iterator[str]:
    """The roles that a figure uses, each once."""
    used = {item.role for item in flat(scene.items)} | {"background", "head"}
    return (role for role in DARK if role in used)


def dark_rules(roles: Iterable[str] = DARK) -> str:
    """The style rules for dark mode, which replace the attributes for light mode."""
    return "".join(f".c-{role}{{{_rule(DARK[role])}}}" for role in roles)


def _rule(paint: Paint) -> str:
    return ";".join(filter(None, (f"fill:{paint.fill or 'none'}", paint.stroke and f"stroke:{paint.stroke}")))


def rules() -> str:
    """The style rules of every role, for light figures."""
    return "".join(f".c-{role}{{{_whole_rule(paint)}}}" for role, paint in LIGHT.items())


def _whole_rule(paint: Paint) -> str:
    parts = [_rule(paint)]
    parts += [f"stroke-width:{number(paint.width)}"] if paint.stroke else []
    parts += [f"stroke-dasharray:{' '.join(map(number, paint.dash))}"] if paint.dash else []
    return ";".join(parts)


def number(value: float) -> str:
    """A coordinate with up to two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def path(line: Stroke) -> str:
    """The path of a line with round corners."""
    (x, y), *_, (end_x, end_y) = shaft(line)
    parts = [f"M{number(x)} {number(y)}"]
    for (ax, ay), (bx, by), (cx, cy) in corners(line):
        parts.append(f"L{number(ax)} {number(ay)}Q{number(bx)} {number(by)} {number(cx)} {number(cy)}")
    return "".join([*parts, f"L{number(end_x)} {number(end_y)}"])
