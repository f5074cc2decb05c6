"""A worksheet as Markdown, CSV, LaTeX or JSON: blank, or filled in as the key."""

import csv
import io

from cnncalc.homework.answers import NOT_ASKED
from cnncalc.homework.quantities import QUANTITIES
from cnncalc.homework.worksheet import Worksheet
from cnncalc.problems import printable
from cnncalc.render.data import SCHEMA_VERSION, spreadsheet_cell, to_json
from cnncalc.render.latex_text import escaped as latex
from cnncalc.render.markdown import escaped, table
from cnncalc.render.worksheet_latex import tables

AXES = {2: "length", 4: "depth × height × width"}
"""Names of the spatial sizes, by the number of sizes of the input."""


def worksheet_text(sheet: Worksheet, format: str, is_key: bool) -> str:
    """The sheet in one of the formats."""
    if format == "json":
        return worksheet_json(sheet, is_key)
    rows: Rows = [(line.layer, line.given, *_cells(line.answers, is_key)) for line in sheet.lines]
    header: tuple[str, ...] = ("layer", "given", *sheet.quantities)
    return {"csv": _csv, "markdown": _markdown, "latex": _latex}[format](sheet, header, rows)


def _cells(answers: tuple[str, ...], is_key: bool) -> list[str]:
    return [answer if is_key or answer == NOT_ASKED else "" for answer in answers]


def title(sheet: Worksheet) -> str:
    """The network and its variant."""
    variant = "" if sheet.seed is None or "variant" in sheet.network else f", variant {sheet.seed}"
    return f"{sheet.network}{variant}"


def asked(sheet: Worksheet) -> str:
    """The instructions."""
    names = [QUANTITIES[name].called.removeprefix("the ") for name in sheet.quantities]
    what = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    axes = AXES.get(sheet.input.count("×") + 1, "height × width")
    order = f"channels × {axes}" if sheet.layout == "chw" else f"{axes} × channels"
    shapes = f" Shapes are {order}, without the batch." if {"output", "input"} & {*sheet.quantities} else ""
    return f"Input: {sheet.input}. For every layer: {what}.{shapes}"


Rows = list[tuple[str, ...]]


def _csv(sheet: Worksheet, header: tuple[str, ...], rows: Rows) -> str:
    """The table, with the student and the variant in columns of their own, which spreadsheets keep."""
    seed = "" if sheet.seed is None else str(sheet.seed)
    own = [(name, text) for name, text in (("student", sheet.student), ("variant", seed)) if text]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*(name for name, _ in own), *header])
    writer.writerows([*(spreadsheet_cell(text) for _, text in own), *row] for row in rows)
    return text.getvalue()


def _markdown(sheet: Worksheet, header: tuple[str, ...], rows: Rows) -> str:
    student = [f"Student: {escaped(sheet.student)}", ""] if sheet.student else []
    lines = [f"# {escaped(title(sheet))}", "", *student, asked(sheet), ""]
    are_texts = [True, True, *(False for _ in sheet.quantities)]
    lines += table(header, are_texts, [[escaped(cell) for cell in row] for row in rows])
    return "\n".join(lines) + "\n"


def _latex(sheet: Worksheet, header: tuple[str, ...], rows: Rows) -> str:
    lines = [
        rf"\section*{{{latex(title(sheet))}}}",
        *([f"Student: {latex(printable(sheet.student))}", ""] if sheet.student else []),
        latex(asked(sheet)),
        "",
        r"\medskip",
        *tables(header, rows),
    ]
    return "\n".join(lines) + "\n"


def worksheet_json(sheet: Worksheet, is_key: bool) -> str:
    """The sheet as JSON; only a key has the answers."""
    layers = [
        {
            "layer": line.layer,
            "given": line.given,
            **{
                name: answer if is_key else None
                for name, answer in zip(sheet.quantities, line.answers, strict=True)
                if answer != NOT_ASKED
            },
        }
        for line in sheet.lines
    ]
    return to_json(
        {
            "schema_version": SCHEMA_VERSION,
            "network": sheet.network,
            "seed": sheet.seed,
            **({"student": sheet.student} if sheet.student else {}),
            "input": sheet.input,
            "layout": sheet.layout,
            "questions": list(sheet.quantities),
            "layers": layers,
        }
    )
