"""Pages of text, spec examples, tables and formulas, for a terminal or as Markdown."""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnncalc.formula import Formula, Working
from cnncalc.render.markdown import code, prose
from cnncalc.typeset import MATHEMATICS, READABLE, Style, grouped, named

IN_BACKTICKS = re.compile(r"`[^`]+`")
CODE_STYLE, HEADING, FAINT = "cyan", "bold", "dim"
INDENT = (0, 0, 0, 2)


class Code(str):
    """A line or word of a spec."""


class PageTable(Struct, frozen=True):
    """A table; in a terminal, a plain one has no header and no rules.

    `numbers` names the right-aligned columns.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    plain: bool = False


Block = str | PageTable | Formula | Working
"""Text, a table, a formula, or a formula with its numbers."""

Section = tuple[str, list[Block]]
"""A heading and its blocks."""


def terminal(title: str, prose: tuple[str, ...], sections: list[Section]) -> RenderableType:
    """The page as text for a terminal."""
    parts: list[RenderableType] = [Text(title, f"{HEADING} {CODE_STYLE}"), *map(styled, prose)]
    for heading, blocks in sections:
        parts += ["", Text(heading, HEADING), *(indented(_shown(block)) for block in blocks)]
    return Group(*parts)


def styled(text: str, style: str = "") -> Text:
    """Text with the code in it highlighted."""
    shown = Text(text, CODE_STYLE if isinstance(text, Code) else style)
    shown.highlight_regex(IN_BACKTICKS, CODE_STYLE)
    return shown


def indented(part: RenderableType) -> Padding:
    """A block, indented under its heading."""
    return Padding(part, INDENT, expand=False)


def _shown(block: Block) -> RenderableType:
    match block:
        case PageTable():
            return table_of(block)
        case Formula():
            return Group(Text(block.typeset(), CODE_STYLE), indented(table_of(variables(block, None))))
        case Working(formula=formula):
            *steps, last = _steps(block, READABLE)
            result = Text("".join(f"= {step} " for step in steps)).append("= ")
            result.append(last, HEADING)
            source = [Text(formula.source, FAINT)] if formula.source else []
            meanings = indented(table_of(variables(formula, block)))
            return Group(Text(block.typeset(), CODE_STYLE), meanings, result, *source)
    return styled(block)


def table_of(grid: PageTable) -> Table:
    """A table as text for a terminal."""
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


def _steps(working: Working, style: Style) -> list[str]:
    """The formula with its numbers, and the result, unless both are the same."""
    result = working.exact
    shown = grouped(result, style) if isinstance(result, int) else str(result)
    return list(dict.fromkeys((working.substituted(style), shown)))


def equation(working: Working, style: Style) -> str:
    """Formula, numbers and result on one line."""
    return " = ".join(dict.fromkeys((working.typeset(style), *_steps(working, style))))


def variables(formula: Formula, working: Working | None, style: Style = READABLE) -> PageTable:
    """The meanings of a formula's symbols, with their values if there is a working."""
    meanings = formula.meanings.items()
    if working is None:
        return PageTable(("symbol", "meaning"), tuple(meanings), plain=True)
    names = {name: named(working.names.get(name, name), style) for name in formula.meanings}
    rows = {
        names[name]: (names[name], grouped(working.values[name], READABLE), _shared(meaning, names, name))
        for name, meaning in meanings
    }
    return PageTable(("symbol", "value", "meaning"), tuple(rows.values()), numbers=("value",), plain=True)


def _shared(meaning: str, names: Mapping[str, str], name: str) -> str:
    """The meaning of a symbol; a generic one if several axes share it."""
    return meaning.partition(" ")[0] + " size" if list(names.values()).count(names[name]) > 1 else meaning


def markdown(title: str, text: tuple[str, ...], sections: list[Section]) -> str:
    """The page as GitHub-flavoured Markdown, formulas as mathematics."""
    lines = [f"# {prose(title)}", *map(prose, text)]
    for heading, blocks in sections:
        lines += [f"## {prose(heading)}", *map(_marked, blocks)]
    return "\n\n".join(lines) + "\n"


def _marked(block: Block) -> str:
    match block:
        case PageTable():
            rule = ["--:" if header in block.numbers else ":--" for header in block.header]
            rows = [block.header, rule, *block.rows, *([block.total] if block.total else [])]
            return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in rows)
        case Formula():
            return f"{_mathematics(block.latex())}\n\n{_marked(variables(block, None))}"
        case Working(formula=formula):
            worked = _mathematics(equation(block, MATHEMATICS))
            source = f"\n\nSource: {prose(formula.source)}" if formula.source else ""
            return f"{worked}\n\n{_marked(variables(formula, block))}{source}"
        case Code():
            return f"```yaml\n{block}\n```"
    return prose(block)


def _mathematics(latex: str) -> str:
    return f"```math\n{latex}\n```"


def _cell(text: str) -> str:
    return code(text) if isinstance(text, Code) else prose(text)
