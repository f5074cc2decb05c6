"""A worksheet as Markdown, CSV, LaTeX or JSON: blank, or filled in as the key."""

import csv
import io

from cnncalc.homework.answers import NOT_ASKED
from cnncalc.homework.quantities import QUANTITIES
from cnncalc.homework.worksheet import Worksheet
from cnncalc.problems import printable
from cnncalc.render.data import SCHEMA_VERSION, spreadsheet_cell, to_json

LATEX = str.maketrans(
    {
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "\\": r"\textbackslash{}",
        "×": r"$\times$",
        "–": "--",
    }
)
AXES = {2: "length", 4: "depth × height × width"}
"""Names of the spatial sizes, by the number of sizes of the input."""
BLANK = {"markdown": "", "csv": "", "latex": r"\hspace{2.2cm}"}


def worksheet_text(sheet: Worksheet, format: str, is_key: bool) -> str:
    """The sheet in one of the formats."""
    if format == "json":
        return worksheet_json(sheet, is_key)
    rows: Rows = [(line.layer, line.given, *_cells(line.answers, format, is_key)) for line in sheet.lines]
    header: tuple[str, ...] = ("layer", "given", *sheet.quantities)
    return {"csv": _csv, "markdown": _markdown, "latex": _latex}[format](sheet, header, rows)


def _cells(answers: tuple[str, ...], format: str, is_key: bool) -> list[str]:
    return [answer if is_key or answer == NOT_ASKED else BLANK[format] for answer in answers]


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
    table = [header, (":--", ":--", *("--:" for _ in sheet.quantities)), *rows]
    student = [f"Student: {printable(sheet.student)}", ""] if sheet.student else []
    lines = [f"# {title(sheet)}", "", *student, asked(sheet), ""]
    lines += ["| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |" for row in table]
    return "\n".join(lines) + "\n"


def _latex(sheet: Worksheet, header: tuple[str, ...], rows: Rows) -> str:
    def line(cells: tuple[str, ...]) -> str:
        shown = (cell if cell == BLANK["latex"] else cell.translate(LATEX) for cell in cells)
        return " & ".join(shown) + r" \\ \hline"

    columns = "|l|l|" + "r|" * len(sheet.quantities)
    lines = [
        rf"\section*{{{title(sheet).translate(LATEX)}}}",
        *([f"Student: {printable(sheet.student).translate(LATEX)}", ""] if sheet.student else []),
        asked(sheet).translate(LATEX),
        "",
        r"\medskip",
        rf"\renewcommand{{\arraystretch}}{{1.4}}\noindent\begin{{tabular}}{{{columns}}}",
        r"\hline",
        line(header),
        *map(line, rows),
        r"\end{tabular}",
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
