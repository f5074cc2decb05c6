"""The graph for other tools that lay out graphs: Graphviz DOT and Mermaid."""

import json
from collections.abc import Iterator

from cnncalc.choices import Theme
from cnncalc.drawing.folding import Diagram, Frame, Item, Tile
from cnncalc.drawing.palette import Paint, paints_of
from cnncalc.problems import printable

ROUND = frozenset(("input", "output", "merge"))


def dot(diagram: Diagram, name: str, theme: Theme = "auto") -> str:
    """The graph in Graphviz's language, light unless `theme` is `dark`: `dot -Tsvg net.dot`."""
    paints = paints_of(theme)
    text, wire = paints["text"].fill, paints["wire"].stroke
    font = f'fontname="Arial", fontcolor="{text}"'
    lines = [
        f"digraph {_quoted(name)} {{",
        f'  node [shape=box, style="rounded,filled", {font}, fontsize=11, margin="0.15,0.08"];',
        f'  graph [{font}, fontsize=11, labeljust=l, bgcolor="{paints["background"].fill}"];',
        f'  edge [{font}, fontsize=9, arrowsize=0.6, color="{wire}"];',
        *_dot_items(diagram, diagram.items, "  ", paints),
    ]
    for edge in diagram.edges:
        label = _quoted(diagram.boxes[edge.source].output)
        lines.append(f"  n{edge.source} -> n{edge.target} [label={label}];")
    return "\n".join([*lines, "}", ""])


def _dot_items(
    diagram: Diagram, items: tuple[Item, ...], indent: str, paints: dict[str, Paint]
) -> Iterator[str]:
    for item in items:
        if isinstance(item, Frame):
            yield f"{indent}subgraph {_quoted(f'cluster_{item.name}')} {{"
            line = paints["frame"].stroke
            yield f'{indent}  label={_quoted(_heading(item))}; style=rounded; color="{line}";'
            yield from _dot_items(diagram, item.items, indent + "  ", paints)
            yield f"{indent}}}"
            continue
        box = diagram.boxes[item]
        paint = paints[box.family]
        label = _quoted("\n".join(_lines(box)))
        yield f'{indent}n{item} [label={label}, fillcolor="{paint.fill}", color="{paint.stroke}"];'


def mermaid(diagram: Diagram, name: str, theme: Theme = "auto") -> str:
    """The graph in Mermaid's language, which Markdown pages of GitHub and GitLab show.

    The page chooses the colours of text and arrows, unless `theme` is `light` or `dark`.
    """
    paints = paints_of(theme)
    chosen = {"light": ["config:", "  theme: default"], "dark": ["config:", "  theme: dark"]}
    lines = [
        "---",
        f"title: {json.dumps(printable(name), ensure_ascii=False)}",
        *chosen.get(theme, []),
        "---",
        "flowchart TD",
        *_mermaid_items(diagram, diagram.items, "  ", [0]),
    ]
    for edge in diagram.edges:
        shape = diagram.boxes[edge.source].output
        lines.append(f"  n{edge.source} -->|{_mermaid(shape)}| n{edge.target}")
    for family in sorted({box.family for box in diagram.boxes}):
        paint, text = paints[family], paints["text"].fill
        lines.append(f"  classDef {family} fill:{paint.fill},stroke:{paint.stroke},color:{text}")
    return "\n".join([*lines, ""])


def _mermaid_items(diagram: Diagram, items: tuple[Item, ...], indent: str, count: list[int]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Frame):
            count[0] += 1
            yield f"{indent}subgraph s{count[0]}[{_mermaid(_heading(item))}]"
            yield from _mermaid_items(diagram, item.items, indent + "  ", count)
            yield f"{indent}end"
            continue
        box = diagram.boxes[item]
        opening, closing = ("([", "])") if box.family in ROUND else ("[", "]")
        text = _mermaid("\n".join(_lines(box)))
        yield f"{indent}n{item}{opening}{text}{closing}:::{box.family}"


def _lines(box: Tile) -> list[str]:
    times = f"{box.title} ×{box.times}" if box.times > 1 else box.title
    name = "" if box.name == box.title else box.name
    return [line for line in (times, box.detail, name) if line]


def _heading(frame: Frame) -> str:
    times = f" ×{frame.times}" if frame.times > 1 else ""
    return f"{frame.name}: {frame.label}{times}" if frame.label else frame.name


def _quoted(text: str) -> str:
    r"""A string of DOT, with `\n` where a line ends.

    >>> print(_quoted('a "b" \\n'))
    "a \"b\" \\n"
    """
    plain = "\n".join(map(printable, text.split("\n")))
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


SIGNS = {sign: f"#{ord(sign)};" for sign in "#\"'<>&`[]{}()|;\\"} | {"\n": "<br>"}
"""Signs with a meaning in Mermaid, and the codes that stand for them."""


def _mermaid(text: str) -> str:
    """A string of Mermaid.

    >>> _mermaid('a "b"')
    '"a #34;b#34;"'
    """
    plain = "\n".join(map(printable, text.split("\n")))
    return '"' + "".join(SIGNS.get(sign, sign) for sign in plain) + '"'
