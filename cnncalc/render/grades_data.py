"""Grades as JSON, CSV, Markdown, and Gradescope's results.json."""

import csv
import io
from collections.abc import Sequence

from cnncalc.homework.answers import Sheet
from cnncalc.homework.classroom import Notice, Roster
from cnncalc.homework.classroom.statistics import ClassStatistics, Spread, statistics_of
from cnncalc.homework.grade import RIGHT, Graded, GradedAnswer
from cnncalc.render.data import PLAIN_NUMBER, SCHEMA_VERSION, Data, spreadsheet_cell, to_json
from cnncalc.render.grades import class_title, how, points, printable, remark, verdict_of
from cnncalc.render.markdown import escaped, table
from cnncalc.render.publishing import PlainTable, Publication

Lines = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""A header and its rows."""


def grades_json(grades: Sequence[Graded], network: str, notices: Sequence[Notice] = ()) -> str:
    """All results as JSON."""
    return to_json(grades_data(grades, network, notices))


def grades_data(grades: Sequence[Graded], network: str, notices: Sequence[Notice] = ()) -> Data:
    """All results, and the answers as they were read, so that they can be graded again.

    Correct answers are included only if revealed.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "network": network,
        **({"notices": [_noticed(each) for each in notices]} if notices else {}),
        "students": [_student(each) for each in grades],
        **({"statistics": _statistics(statistics_of(grades))} if len(grades) > 1 else {}),
    }


def _noticed(notice: Notice) -> Data:
    problem = notice.problem
    return {
        "level": problem.level,
        "code": problem.code,
        "source": notice.source,
        **({"line": problem.place.line} if problem.place else {}),
        "message": problem.message,
        "hint": problem.hint,
    }


def _listed(notice: Notice) -> str:
    """A notice as an item of a Markdown list."""
    problem, line = notice.problem, f", line {notice.problem.place.line}" if notice.problem.place else ""
    where = f"{notice.source}{line}: " if notice.source else ""
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"- {problem.level}: {escaped(f'{where}{problem.message}{hint}')}"


def _statistics(found: ClassStatistics) -> Data:
    return {
        "students": found.students,
        "graded": found.graded,
        **_spread(found.spread),
        "questions": [
            {
                "question": each.question,
                **_spread(each.spread),
                "right": each.right,
                "following": each.following,
                "wrong": each.wrong,
                "unanswered": each.unanswered,
                "unreadable": each.unreadable,
                "mistakes": [
                    {"codes": list(mistake.codes), "says": mistake.says, "times": mistake.times}
                    for mistake in each.mistakes
                ],
            }
            for each in found.questions
        ],
    }


def _spread(spread: Spread) -> Data:
    return {
        "points": spread.points,
        "mean": _rounded(spread.mean),
        "median": _rounded(spread.median),
        "deviation": _rounded(spread.deviation),
    }


def _rounded(number: float) -> float:
    """A number to four decimals; a whole number without any."""
    return int(number) if number == int(number) else round(number, 4)


def _read(sheet: Sheet) -> Data:
    """The answers and what was not clear in them."""
    doubts = {entry.key: entry.doubt for entry in sheet.entries if entry.doubt}
    return {"answers": _answers(sheet), **({"doubts": doubts} if doubts else {})}


def _answers(sheet: Sheet) -> dict[str, str | list[str]]:
    """The answers as they were read; a list for a question that was answered several times."""
    texts: dict[str, list[str]] = {}
    for entry in sheet.entries:
        texts.setdefault(entry.key, []).append(entry.text)
    return {key: several[0] if len(several) == 1 else several for key, several in texts.items()}


def _student(graded: Graded) -> Data:
    own = {"student": graded.student, **({} if graded.variant is None else {"variant": graded.variant})}
    read = {
        **({"layout": graded.sheet.layout} if graded.sheet and graded.sheet.layout else {}),
        **(_read(graded.sheet) if graded.sheet else {}),
    }
    if graded.problem:
        return {**own, "error": graded.problem.message, "hint": graded.problem.hint, **read}
    return {
        **own,
        "score": graded.score,
        "points": graded.points,
        "results": [_result(each) for each in graded.results],
        **read,
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
        **({"tied": [list(codes) for codes in result.tied]} if result.tied else {}),
        "also": list(result.also),
        "follows_from": list(result.follows_from),
        **({"right": result.right, "working": how(result)} if result.right else {}),
    }


def grades_rows(grades: Sequence[Graded]) -> list[Data]:
    """A dictionary for each answer, all with the same keys, and one for each sheet that is not graded."""
    has_variants = any(each.variant is not None for each in grades)
    is_revealed = any(result.right for graded in grades for result in graded.results)
    return [
        {
            "student": graded.student,
            **({"variant": graded.variant} if has_variants else {}),
            "question": each.question,
            "answer": each.answer,
            "verdict": each.verdict,
            "score": None if graded.problem else each.score,
            "points": None if graded.problem else each.points,
            "remark": remark(each),
            "mistakes": each.mistakes,
            "follows_from": each.follows_from,
            **({"right": each.right, "working": how(each)} if is_revealed else {}),
        }
        for graded in grades
        for each in _results(graded)
    ]


def _results(graded: Graded) -> Sequence[GradedAnswer]:
    """The answers, or one without a question that says why the sheet is not graded."""
    problem = graded.problem
    return [GradedAnswer("", "", "unreadable", problem.message)] if problem else graded.results


def grades_publication(grades: Sequence[Graded], network: str) -> Publication:
    """One student's answers; of several, their points by question, and the statistics of each question."""
    if len(grades) == 1:
        (graded,) = grades
        who = f"{printable(graded.student)}, " if graded.student else ""
        if graded.problem:
            return Publication(f"{who}{network}", (), [f"not readable: {graded.problem.message}"])
        header, are_texts, rows = _answers_table(graded)
        scored = f"{points(graded.score)} of {points(graded.points)} points"
        return Publication(f"{who}{network}: {scored}", [PlainTable(header, are_texts, rows)])
    tables = [_plain_table(by_student(grades, network, None)), _plain_table(by_question(grades))]
    return Publication(class_title(statistics_of(grades), network), tables)


def _plain_table(lines: Lines) -> PlainTable:
    header, rows = lines
    return PlainTable([name.replace("_", " ") for name in header], _are_texts(lines), rows)


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
            writer.writerow(
                [spreadsheet_cell(graded.student), "", "", "unreadable", "", "", graded.problem.message]
            )
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
            writer.writerow([spreadsheet_cell(cell) for cell in (*cells, *more)])
    return text.getvalue()


def grades_markdown(grades: Sequence[Graded], network: str, notices: Sequence[Notice] = ()) -> str:
    """What was not clear in the sheets, and one table per student."""
    parts = ["\n".join(map(_listed, notices)) + "\n"] if notices else []
    for graded in grades:
        who = f"{printable(graded.student)}, " if graded.student else ""
        title = escaped(f"{who}{network}")
        if graded.problem:
            parts.append(f"## {title}\n\nnot readable: {escaped(graded.problem.message)}\n")
            continue
        header, are_texts, rows = _answers_table(graded)
        lines = table(header, are_texts, [[escaped(cell) for cell in row] for row in rows])
        scored = f"{points(graded.score)} of {points(graded.points)} points"
        parts.append("\n".join([f"## {title}: {scored}", "", *lines]) + "\n")
    return "\n".join(parts)


def _answers_table(graded: Graded) -> tuple[Sequence[str], Sequence[bool], list[tuple[str, ...]]]:
    """The answers of a student: the header, which columns are text, and the rows."""
    revealed = any(result.right for result in graded.results)
    header = ("question", "answer", "verdict", "points", *(("right answer", "how") if revealed else ()))
    are_texts = (True, False, True, False, *((False, True) if revealed else ()), True)
    return (*header, "remark"), are_texts, [_row(each, revealed) for each in graded.results]


def _row(each: GradedAnswer, revealed: bool) -> tuple[str, ...]:
    shown = (each.right, how(each)) if revealed else ()
    scored = f"{points(each.score)}/{points(each.points)}"
    return (printable(each.question), printable(each.answer), verdict_of(each), scored, *shown, remark(each))


def by_student(grades: Sequence[Graded], network: str, roster: Roster | None) -> Lines:
    """A row for each student: the columns of the class list, the points of each question, and the total.

    In the columns of Canvas only the total follows, named after the network: Canvas takes every further
    column for an assignment, and the first row for the points possible.
    """
    found = statistics_of(grades)
    if roster and roster.is_of_canvas:
        kept = 1 + roster.words.index("section")
        rows = [(*_own(each, roster)[:kept], "" if each.problem else points(each.score)) for each in grades]
        possible = ("    Points Possible", *[""] * (kept - 1), points(found.spread.points))
        return (*roster.header[:kept], network), [possible, *rows]
    names = [each.question for each in found.questions]
    has_variants = any(each.variant is not None for each in grades)
    header = (*(roster.header if roster else ("student",)), *(["variant"] if has_variants else []))
    rows = []
    for each in grades:
        variant = [str("" if each.variant is None else each.variant)] if has_variants else []
        scores = {answer.question: points(answer.score) for answer in reversed(each.results)}
        total = ("", "") if each.problem else (points(each.score), points(each.points))
        rows.append((*_own(each, roster), *variant, *(scores.get(name, "") for name in names), *total))
    return (*header, *names, "score", "max_score"), rows


def _own(graded: Graded, roster: Roster | None) -> tuple[str, ...]:
    """The columns that say who a student is."""
    if roster is None:
        return (graded.student,)
    at = roster.find(graded.student)
    if at is not None:
        return roster.rows[at]
    return tuple(graded.student if word == roster.naming else "" for word in roster.words)


def by_question(grades: Sequence[Graded]) -> Lines:
    """A row for each question, with its statistics and its most common mistake."""
    header = ("question", "points", "percent_right", "mean", "median", "deviation")
    counted = ("right", "following", "wrong", "unanswered", "unreadable")
    rows = []
    for each in statistics_of(grades).questions:
        spread = each.spread
        numbers = (spread.points, each.percent_right, spread.mean, spread.median, spread.deviation)
        first = each.mistakes[0] if each.mistakes else None
        mistake = (first.says, " ".join(first.codes), str(first.times)) if first else ("", "", "")
        counts = (str(getattr(each, name)) for name in counted)
        rows.append((each.question, *(points(round(number, 4)) for number in numbers), *counts, *mistake))
    return (*header, *counted, "most_common_mistake", "code", "times"), rows


def lines_csv(lines: Lines) -> str:
    """A table as CSV; no cell is a spreadsheet formula."""
    header, rows = lines
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([spreadsheet_cell(cell) for cell in row] for row in [header, *rows])
    return text.getvalue()


def lines_markdown(lines: Lines) -> str:
    """A table as Markdown."""
    header, rows = lines
    shown = [[escaped(printable(cell)) for cell in row] for row in rows]
    return "\n".join(table([escaped(title) for title in header], _are_texts(lines), shown)) + "\n"


def _are_texts(lines: Lines) -> list[bool]:
    """Whether the cells of each column are no numbers."""
    header, rows = lines
    return [not all(PLAIN_NUMBER.fullmatch(row[at] or "0") for row in rows) for at in range(len(header))]


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
    said = (printable(result.answer), verdict_of(result), note)
    lines = [": ".join(filter(None, said))]
    if result.right:
        lines.append(f"right: {result.right}" + (f"; {how(result)}" if how(result) else ""))
    return "\n".join(lines)
