"""A page for each student, as HTML that needs nothing else: verdicts and remarks, and no names of others."""

from html import escape

from cnncalc.homework.grade import Graded, GradedAnswer
from cnncalc.render.grades import how, points, remark, verdict_of

STYLE = """\
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .35rem .6rem; text-align: left; vertical-align: top; }
.right { color: #176b2c; } .wrong { color: #a11; } .other { color: #7a5a00; }
td, h1 { overflow-wrap: anywhere; }
"""
CLASSES = {"right": "right", "digits": "right", "convention": "right", "wrong": "wrong"}


def feedback_page(graded: Graded, network: str) -> str:
    """The results of a student; correct answers only if revealed."""
    variant = "" if graded.variant is None or "variant" in network else f", variant {graded.variant}"
    title = f"{network}{variant}" + (f": {graded.student}" if graded.student else "")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{_results(graded)}</body>\n</html>\n"
    )


def _results(graded: Graded) -> str:
    if graded.problem:
        reason = "" if graded.problem.code == "variant" else f": {graded.problem.message}"
        return f"<p>Not graded{escape(reason)}</p>\n"
    revealed = any(each.right for each in graded.results)
    shown = ("right answer", "how") if revealed else ()
    header = ("question", "answer", "verdict", "points", *shown, "remark")
    cells = "".join(f"<th>{name}</th>" for name in header)
    rows = "".join(_row(each, revealed) for each in graded.results)
    return (
        f"<p>{points(graded.score)} of {points(graded.points)} points</p>\n"
        f"<table>\n<thead><tr>{cells}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )


def _row(each: GradedAnswer, revealed: bool) -> str:
    shown = (each.right, how(each)) if revealed else ()
    kind = "other" if each.follows_from else CLASSES.get(each.verdict, "other")
    scored = f"{points(each.score)}/{points(each.points)}"
    first = f"<td>{escape(each.question)}</td><td>{escape(each.answer)}</td>"
    rest = "".join(f"<td>{escape(cell)}</td>" for cell in (scored, *shown, remark(each)))
    return f'<tr>{first}<td class="{kind}">{verdict_of(each)}</td>{rest}</tr>\n'
