"""Pages as LaTeX, for a document that loads amsmath."""

from cnncalc.formula import Formula, Working
from cnncalc.render.latex_text import escaped
from cnncalc.render.pages import Block, Code, PageTable, Section, equation, variables
from cnncalc.typeset import MATHEMATICS


def latex(title: str, prose: tuple[str, ...], sections: list[Section]) -> str:
    """The page as a section of a LaTeX document."""
    lines = [r"% needs \usepackage{amsmath}", rf"\section*{{{written(title)}}}", *map(written, prose)]
    for heading, blocks in sections:
        lines += [rf"\subsection*{{{written(heading)}}}", *(_block(block) for block in blocks)]
    return "\n\n".join(line for line in lines if line) + "\n"


def written(text: str) -> str:
    """Text escaped for LaTeX; backticks become typewriter text."""
    parts = text.split("`")
    shown = [escaped(part) for part in parts]
    if len(parts) % 2 == 0:
        return "".join(shown)
    return "".join(rf"\texttt{{{part}}}" if at % 2 else part for at, part in enumerate(shown))


def _block(block: Block) -> str:
    match block:
        case PageTable():
            return _grid(block)
        case Formula():
            return rf"\[ {block.latex()} \]" + "\n\n" + _grid(variables(block, None))
        case Working(formula=formula):
            table = _grid(variables(formula, block, MATHEMATICS), mathematical=True)
            source = f"\n\nSource: {written(formula.source)}." if formula.source else ""
            return rf"\[ {equation(block, MATHEMATICS)} \]" + f"\n\n{table}{source}"
        case Code():
            return rf"\texttt{{{written(block)}}}"
    return written(block)


def _grid(grid: PageTable, mathematical: bool = False) -> str:
    """A table; with `mathematical`, its first column is in math mode."""
    columns = "".join("r" if header in grid.numbers else "l" for header in grid.header)
    rows = [grid.header, *grid.rows, *([grid.total] if grid.total else [])]
    if grid.plain:
        rows = rows[1:]
    lines = [" & ".join(_cells(row, mathematical)) + r" \\" for row in rows]
    return "\n".join([rf"\begin{{tabular}}{{{columns}}}", *lines, r"\end{tabular}"])


def _cells(row: tuple[str, ...], mathematical: bool) -> list[str]:
    first, *others = row
    shown = f"${first}$" if mathematical else written(first)
    return [shown, *map(written, others)]
