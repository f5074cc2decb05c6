"""Results of `show --symbolic`: counts as polynomials in one variable, as a table, Markdown or JSON."""

import csv
import io
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.analysis.any_size import AnySize
from cnncalc.analysis.report import Row
from cnncalc.analysis.symbolic import Symbolic
from cnncalc.render.columns import Column
from cnncalc.render.data import SCHEMA_VERSION, for_programs
from cnncalc.render.markdown import escaped, table
from cnncalc.render.table import declared_layers


def cell(found: Symbolic, rows: tuple[Row, ...], column: Column) -> str:
    """The cell of a column; `rows` are the same layer at each value of the variable."""
    if column.sum:
        return _fitted(found, [column.sum(row) for row in rows])
    if column.name == "output":
        layout = found.reports[0].layout
        dims = zip(*(row.output.dims(layout) for row in rows), strict=True)
        sizes = [_fitted(found, list(n)) for n in dims]
        return "×".join(f"({size})" if " " in size else size for size in sizes)
    shown = {column.cell(row, found.reports[0]) for row in rows}
    return shown.pop() if len(shown) == 1 else "varies"


def _fitted(found: Symbolic, values: list[int]) -> str:
    polynomial = found.fit(values)
    return polynomial.text(found.variable) if polynomial else "no polynomial"


def total(found: Symbolic, column: Column) -> str:
    """The total of a column."""
    if column.name == "name":
        return "total"
    return _fitted(found, [column.sum(report.totals) for report in found.reports]) if column.sum else ""


Outputs = Sequence[Sequence[str]]
"""The sizes that come out of each layer, if they are known as formulas."""


def lines(found: Symbolic, columns: tuple[Column, ...], outputs: Outputs = ()) -> list[list[str]]:
    """The cells of each layer, without auxiliary heads, which the totals leave out."""
    layers = list(zip(*(report.layers for report in found.reports), strict=True))
    shown = [[cell(found, rows, column) for column in columns] for rows in layers]
    for at, column in enumerate(columns):
        if column.name == "output":
            for line, sizes in zip(shown, outputs, strict=False):
                line[at] = " × ".join(f"({size})" if " " in size else size for size in sizes)
    return [line for line, rows in zip(shown, layers, strict=True) if not rows[0].auxiliary]


def symbolic_table(found: Symbolic, columns: tuple[Column, ...]) -> RenderableType:
    """A table with a row per layer and the totals."""
    title = Text(found.reports[0].name, "bold")
    title.append(f"  with symbolic {found.variable}", "not bold")
    notes = (Text(note, "dim") for note in (conditions(found), *_declared(found)))
    return Group(title, "", _body(found, columns), "", *notes)


def any_size_table(
    found: AnySize, columns: tuple[Column, ...], input: Sequence[str], below: Sequence[str]
) -> RenderableType:
    """The table of a network on an input of any size, and notes below it."""
    title = Text(found.symbolic.reports[0].name, "bold")
    title.append(f"  input {' × '.join(input)}", "not bold")
    body = _body(found.symbolic, columns, found.outputs)
    notes = [_counts_hold(found, input), *_declared(found.symbolic), *below]
    return Group(title, "", body, "", *(Text(note) for note in notes if note))


def _counts_hold(found: AnySize, input: Sequence[str]) -> str:
    """Where counts with symbols hold: sizes that the strides divide, and a square."""
    names = [name for name in input if not name.isdecimal()]
    parts = [f"{found.symbolic.variable} is a multiple of {found.step}"] if found.step > 1 else []
    parts += [" = ".join(names)] if len(names) > 1 else []
    return f"MACs and totals: where {' and '.join(parts)}" if parts else ""


def _declared(found: Symbolic) -> list[str]:
    """The layers whose part of the totals the spec declares."""
    names = declared_layers(found.reports[0])
    return [f"of which declared: the numbers of {', '.join(names)}"] if names else []


def _body(found: Symbolic, columns: tuple[Column, ...], outputs: Outputs = ()) -> Table:
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=True, padding=(0, 1, 0, 0))
    for column in columns:
        justify = "left" if column.is_text else "right"
        footer = total(found, column)
        body.add_column(column.header, footer, justify=justify, footer_style="bold", overflow="fold")  # type: ignore[arg-type]
    for line in lines(found, columns, outputs):
        body.add_row(*map(Text, line))
    return body


def conditions(found: Symbolic) -> str:
    """The values for which the polynomials hold, and those used to fit and check them."""
    kind = f"a multiple of {found.step}" if found.step > 1 else "an integer"
    checked = ", ".join(map(str, found.points))
    return f"valid where {found.variable} is {kind}; fitted and checked at {checked}"


def symbolic_markdown(found: Symbolic, columns: tuple[Column, ...], outputs: Outputs = ()) -> str:
    """The table as Markdown."""
    rows = [*lines(found, columns, outputs), [total(found, column) for column in columns]]
    shown = [[escaped(cell) for cell in row] for row in rows]
    titles = [column.title for column in columns]
    notes = [f"\n{note}\n" for note in _declared(found)]
    return "\n".join([*table(titles, [column.is_text for column in columns], shown), *notes, ""])


def symbolic_csv(found: Symbolic, columns: tuple[Column, ...], outputs: Outputs = ()) -> str:
    """A line per layer: numbers without commas, formulas as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows([for_programs(cell) for cell in line] for line in lines(found, columns, outputs))
    return text.getvalue()


def symbolic_data(found: Symbolic, columns: tuple[Column, ...], outputs: Outputs = ()) -> dict[str, object]:
    """The JSON object: every quantity as the text of its polynomial."""
    names = [column.name for column in columns]
    declared = declared_layers(found.reports[0])
    return {
        "schema_version": SCHEMA_VERSION,
        "name": found.reports[0].name,
        "variable": found.variable,
        "multiple_of": found.step,
        "layers": [dict(zip(names, line, strict=True)) for line in lines(found, columns, outputs)],
        "totals": {column.name: total(found, column) for column in columns if column.sum},
        **({"declared": declared} if declared else {}),
    }
