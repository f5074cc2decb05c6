"""Results of `show --symbolic`: counts as polynomials in one variable, as a table, Markdown or JSON."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.report import Row
from cnncalc.analysis.symbolic import Symbolic
from cnncalc.render.columns import Column
from cnncalc.render.data import SCHEMA_VERSION
from cnncalc.render.table import FAINT


def cell(found: Symbolic, rows: tuple[Row, ...], column: Column) -> str:
    """The cell of a column; `rows` are the same layer at each value of the variable."""
    if column.sum:
        return _fitted(found, [column.sum(row) for row in rows])
    if column.name == "output":
        layout = found.reports[0].layout
        dims = zip(*(row.output.dims(layout) for row in rows), strict=True)
        sizes = [_fitted(found, list(n)) for n in dims]
        return "×".join(f"({size})" if " " in size else size for size in sizes)
    shown = {column.cell(row, found.reports[0].layout) for row in rows}
    return shown.pop() if len(shown) == 1 else "varies"


def _fitted(found: Symbolic, values: list[int]) -> str:
    polynomial = found.fit(values)
    return polynomial.text(found.variable) if polynomial else "no polynomial"


def total(found: Symbolic, column: Column) -> str:
    """The total of a column."""
    if column.name == "name":
        return "total"
    return _fitted(found, [column.sum(report.totals) for report in found.reports]) if column.sum else ""


def lines(found: Symbolic, columns: tuple[Column, ...]) -> list[list[str]]:
    """The cells of each layer."""
    layers = zip(*(report.layers for report in found.reports), strict=True)
    return [[cell(found, rows, column) for column in columns] for rows in layers]


def symbolic_table(found: Symbolic, columns: tuple[Column, ...]) -> RenderableType:
    """A table with a row per layer and the totals."""
    report = found.reports[0]
    title = Text(report.name, "bold")
    title.append(f"  with symbolic {found.variable}", "not bold")
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=True, padding=(0, 1, 0, 0))
    for column in columns:
        justify = "left" if column.is_text else "right"
        footer = total(found, column)
        body.add_column(column.header, footer, justify=justify, footer_style="bold", overflow="fold")  # type: ignore[arg-type]
    for line in lines(found, columns):
        body.add_row(*map(Text, line))
    parts: list[RenderableType] = [title, "", body]
    parts += ["", Text(conditions(found), FAINT)]
    return Group(*parts)


def conditions(found: Symbolic) -> str:
    """The values for which the polynomials hold, and those used to fit and check them."""
    kind = f"a multiple of {found.step}" if found.step > 1 else "an integer"
    checked = ", ".join(map(str, found.points))
    return f"valid where {found.variable} is {kind}; fitted and checked at {checked}"


def symbolic_markdown(found: Symbolic, columns: tuple[Column, ...]) -> str:
    """The table as Markdown."""
    cells = [[column.title for column in columns], [":--" if c.is_text else "--:" for c in columns]]
    cells += [*lines(found, columns), [total(found, column) for column in columns]]
    return "".join("| " + " | ".join(line) + " |\n" for line in cells)


def symbolic_data(found: Symbolic, columns: tuple[Column, ...]) -> dict[str, object]:
    """The JSON object: every quantity as the text of its polynomial."""
    names = [column.name for column in columns]
    return {
        "schema_version": SCHEMA_VERSION,
        "name": found.reports[0].name,
        "variable": found.variable,
        "multiple_of": found.step,
        "layers": [dict(zip(names, line, strict=True)) for line in lines(found, columns)],
        "totals": {column.name: total(found, column) for column in columns if column.sum},
    }
