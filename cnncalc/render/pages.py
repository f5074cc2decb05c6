"""Pages: headed sections of prose, lines of a spec, tables and formulas, for a terminal or as Markdown."""

import re
from typing import Literal

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnncalc.formula import Formula, Working
from cnncalc.render.columns import count
from cnncalc.typeset import LATEX

IN_BACKTICKS = re.compile(r"`[^`]+`")
CODE_STYLE, HEADING, FAINT = "cyan", "bold", "dim"
INDENT = (0, 0, 0, 2)


class Code(str):
    """A line of a spec, or a word of one."""


class Grid(Struct, frozen=True):
    """Rows under headings; in a terminal a plain one goes without headings and rules.

    `numbers` names the columns that stand to the right.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    plain: bool = False


Block = str | Grid | Formula | Working
"""Prose, a table, a formula, or a formula with numbers put in."""

Section = tuple[str, list[Block]]
"""A heading and what stands under it."""


def terminal(title: str, prose: tuple[str, ...], sections: list[Section]) -> RenderableType:
    """The page for a terminal."""
    parts: list[RenderableType] = [Text(title, f"{HEADING} {CODE_STYLE}"), *map(styled, prose)]
    for heading, blocks in sections:
        parts += ["", Text(heading, HEADING), *(_indented(_shown(block)) for block in blocks)]
    return Group(*parts)


def styled(text: str, style: str = "") -> Text:
    """Prose with the words of specs set off."""
    shown = Text(text, CODE_STYLE if isinstance(text, Code) else style)
    shown.highlight_regex(IN_BACKTICKS, CODE_STYLE)
    return shown


def _indented(part: RenderableType) -> Padding:
    return Padding(part, INDENT, expand=False)


def _shown(block: Block) -> RenderableType:
    match block:
        case Grid():
            return _table(block)
        case Formula():
            return Group(Text(block.typeset(), CODE_STYLE), _indented(_table(_variables(block, None))))
        case Working(formula=formula):
            result = Text("= ")
            if block.substituted() != str(block.value):
                result.append(f"{block.substituted()} = ")
            result.append(count(block.value), HEADING)
            source = [Text(formula.source, FAINT)] if formula.source else []
            variables = _indented(_table(_variables(formula, block)))
            return Group(Text(formula.typeset(), CODE_STYLE), variables, result, *source)
    return styled(block)


def _table(grid: Grid) -> Table:
    table = Table(
        box=None if grid.plain else SIMPLE_HEAD,
        show_header=not grid.plain,
        show_footer=bool(grid.total),
        show_edge=False,
        pad_edge=False,
        padding=(0, 2 if grid.plain else 1, 0, 0),
    )
    for at, header in enumerate(grid.header):
        justify: Literal["left", "right"] = "right" if header in grid.numbers else "left"
        footer = grid.total[at] if grid.total else ""
        table.add_column(header, footer, justify=justify, footer_style=HEADING)
    for row in grid.rows:
        table.add_row(*map(styled, row))
    return table


def _variables(formula: Formula, working: Working | None) -> Grid:
    """What the letters of a formula mean, and what they are worth where numbers are put in."""
    meanings = formula.meanings.items()
    if working is None:
        return Grid(("symbol", "meaning"), tuple(meanings), plain=True)
    rows = tuple((name, count(working.values[name]), meaning) for name, meaning in meanings)
    return Grid(("symbol", "value", "meaning"), rows, numbers=("value",), plain=True)


def markdown(title: str, prose: tuple[str, ...], sections: list[Section]) -> str:
    """The page as GitHub-flavoured Markdown, formulas as mathematics."""
    lines = [f"# {title}", *prose]
    for heading, blocks in sections:
        lines += [f"## {heading}", *map(_marked, blocks)]
    return "\n\n".join(lines) + "\n"


def _marked(block: Block) -> str:
    match block:
        case Grid():
            rule = ["--:" if header in block.numbers else ":--" for header in block.header]
            rows = [block.header, rule, *block.rows, *([block.total] if block.total else [])]
            return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)
        case Formula():
            return f"{_mathematics(block.latex())}\n\n{_marked(_variables(block, None))}"
        case Working(formula=formula):
            texts = (formula.latex(), block.substituted(LATEX), str(block.value))
            worked = _mathematics(" = ".join(dict.fromkeys(texts)))
            source = f"\n\nSource: {formula.source}" if formula.source else ""
            return f"{worked}\n\n{_marked(_variables(formula, block))}{source}"
        case Code():
            return f"```yaml\n{block}\n```"
    return block


def _mathematics(latex: str) -> str:
    return f"```math\n{latex}\n```"


def _cell(text: str) -> str:
    return f"`{text}`" if isinstance(text, Code) else text.replace("|", r"\|")
