"""A page for each student, in HTML or Markdown: verdicts and remarks, and no names of others."""

from html import escape

from cnncalc.homework.grade import Graded, GradedAnswer
from cnncalc.render.grades import how, points, remark, verdict_of
from cnncalc.render.markdown import escaped, table

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .35rem .6rem; text-align: left; vertical-align: top; }
.right { color: #176b2c; } .wrong { color: #a11; } .other { color: #7a5a00; }
td, h1 { overflow-wrap: anywhere; }
"""
VERDICT = 2
"""The place of the verdict among the cells."""
CLASSES = {"right": "right", "digits": "right", "convention": "right", "wrong": "wrong"}


def feedback_page(graded: Graded, network: str) -> str:
    """The results of a student as HTML that needs nothing else; correct answers only if revealed."""
    title = _title(graded, network)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{_results(graded)}</body>\n</html>\n"
    )


def feedback_markdown(graded: Graded, network: str) -> str:
    """The same as `feedback_page` in Markdown."""
    if graded.problem:
        results = f"{escaped(_not_graded(graded))}\n"
    else:
        revealed = any(each.right for each in graded.results)
        header = _header(revealed)
        rows = [[escaped(cell) for cell in _cells(each, revealed)] for each in graded.results]
        lines = table(header, (name != "points" for name in header), rows)
        results = "\n".join([_score(graded), "", *lines, ""])
    return f"# {escaped(_title(graded, network))}\n\n{results}"


def _title(graded: Graded, network: str) -> str:
    variant = "" if graded.variant is None or "variant" in network else f", variant {graded.variant}"
    return f"{network}{variant}" + (f": {graded.student}" if graded.student else "")


def _not_graded(graded: Graded) -> str:
    is_hidden = not graded.problem or graded.problem.code == "variant"  # it may name other variants' answers
    return "Not graded" + ("" if is_hidden or not graded.problem else f": {graded.problem.message}")


def _score(graded: Graded) -> str:
    return f"{points(graded.score)} of {points(graded.points)} points"


def _header(revealed: bool) -> tuple[str, ...]:
    return (
        "question",
        "answer",
        "verdict",
        "points",
        *(("right answer", "how") if revealed else ()),
        "remark",
    )


def _cells(each: GradedAnswer, revealed: bool) -> tuple[str, ...]:
    shown = (each.right, how(each)) if revealed else ()
    scored = f"{points(each.score)}/{points(each.points)}"
    return (each.question, each.answer, verdict_of(each), scored, *shown, remark(each))


def _results(graded: Graded) -> str:
    if graded.problem:
        return f"<p>{escape(_not_graded(graded))}</p>\n"
    revealed = any(each.right for each in graded.results)
    cells = "".join(f"<th>{name}</th>" for name in _header(revealed))
    rows = "".join(_row(each, revealed) for each in graded.results)
    return (
        f"<p>{_score(graded)}</p>\n"
        f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )


def _row(each: GradedAnswer, revealed: bool) -> str:
    kind = "other" if each.follows_from else CLASSES.get(each.verdict, "other")
    cells = _cells(each, revealed)
    shown = "".join(
        f'<td class="{kind}">{escape(cell)}</td>' if at == VERDICT else f"<td>{escape(cell)}</td>"
        for at, cell in enumerate(cells)
    )
    return f"<tr>{shown}</tr>\n"
