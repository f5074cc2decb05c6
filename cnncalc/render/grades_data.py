"""Grades as JSON, CSV, Markdown, and Gradescope's results.json."""

import csv
import io
import re

from cnncalc.homework.grade import RIGHT, Graded, GradedAnswer
from cnncalc.render.data import SCHEMA_VERSION, Data, to_json
from cnncalc.render.grades import how, points, printable, remark, verdict_of
from cnncalc.render.markdown import escaped, table

FORMULA = re.compile(r"[=+@\t\r-]")
"""Characters that start a formula in a spreadsheet cell."""
PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9.,eE]*")


def grades_json(grades: list[Graded], network: str) -> str:
    """All results; correct answers only if revealed."""
    students = [_student(each) for each in grades]
    return to_json({"schema_version": SCHEMA_VERSION, "network": network, "students": students})


def _student(graded: Graded) -> Data:
    if graded.problem:
        return {"student": graded.student, "error": graded.problem.message, "hint": graded.problem.hint}
    return {
        "student": graded.student,
        "score": graded.score,
        "points": graded.points,
        "results": [_result(each) for each in graded.results],
    }


def _result(result: GradedAnswer) -> Data:
    return {
        "question": result.question,
        "answer": result.answer,
        "verdict": result.verdict,
        "score": result.score,
        "points": result.points,
        "says": result.says,
        "mistakes": list(result.mistakes),
        "also": list(result.also),
        "follows_from": list(result.follows_from),
        **({"right": result.right, "working": how(result)} if result.right else {}),
    }


def grades_csv(grades: list[Graded]) -> str:
    """One line per answer; no cell is a spreadsheet formula."""
    revealed = any(result.right for graded in grades for result in graded.results)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = [
        "student",
        "question",
        "answer",
        "verdict",
        "score",
        "points",
        "remark",
        "mistakes",
        "follows_from",
    ]
    writer.writerow([*header, *(["right", "working"] if revealed else [])])
    for graded in grades:
        if graded.problem:
            writer.writerow([_cell(graded.student), "", "", "unreadable", "", "", graded.problem.message])
        for each in graded.results:
            shown = (each.right, how(each)) if revealed else ()
            cells = (
                graded.student,
                each.question,
                each.answer,
                each.verdict,
                points(each.score),
                points(each.points),
            )
            more = (remark(each), " ".join(each.mistakes), " ".join(each.follows_from), *shown)
            writer.writerow([_cell(cell) for cell in (*cells, *more)])
    return text.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) and not PLAIN_NUMBER.fullmatch(text) else text


def grades_markdown(grades: list[Graded], network: str) -> str:
    """One table per student."""
    parts = []
    for graded in grades:
        who = f"{printable(graded.student)}, " if graded.student else ""
        title = escaped(f"{who}{network}")
        if graded.problem:
            parts.append(f"## {title}\n\nnot readable: {escaped(graded.problem.message)}\n")
            continue
        revealed = any(result.right for result in graded.results)
        header = (
            "question",
            "answer",
            "verdict",
            "points",
            *(("right answer", "how") if revealed else ()),
            "remark",
        )
        rows = [_row(each, revealed) for each in graded.results]
        are_texts = (True, False, True, False, *((False, True) if revealed else ()), True)
        lines = table(header, are_texts, [[escaped(cell) for cell in row] for row in rows])
        scored = f"{points(graded.score)} of {points(graded.points)} points"
        parts.append("\n".join([f"## {title}: {scored}", "", *lines]) + "\n")
    return "\n".join(parts)


def _row(each: GradedAnswer, revealed: bool) -> tuple[str, ...]:
    shown = (each.right, how(each)) if revealed else ()
    scored = f"{points(each.score)}/{points(each.points)}"
    return (printable(each.question), printable(each.answer), verdict_of(each), scored, *shown, remark(each))


def gradescope(graded: Graded) -> str:
    """Gradescope's results.json: the score, and one test per question."""
    if graded.problem:
        return to_json({"score": 0, "output": f"not readable: {graded.problem.message}", "tests": []})
    tests: list[Data] = [
        {
            "name": result.question,
            "score": result.score,
            "max_score": result.points,
            "status": "passed" if result.score >= result.points and result.verdict in RIGHT else "failed",
            "output": _output(result),
        }
        for result in graded.results
    ]
    return to_json({"score": graded.score, "tests": tests})


def _output(result: GradedAnswer) -> str:
    note = remark(result)
    lines = [f"{printable(result.answer)}: {verdict_of(result)}" + (f": {note}" if note else "")]
    if result.right:
        lines.append(f"right: {result.right}" + (f"; {how(result)}" if how(result) else ""))
    return "\n".join(lines)
