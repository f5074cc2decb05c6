"""Grades for a terminal: each answer with its verdict and remark, and an overview of a class."""

from collections import Counter

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.homework.classroom.statistics import ClassStatistics, QuestionStatistics, statistics_of
from cnncalc.homework.grade import Graded, GradedAnswer, Outcome
from cnncalc.render.explain import on_one_line

WORDS: dict[Outcome, str] = {
    "right": "right",
    "digits": "right, rounded",
    "convention": "right, by another convention",
    "wrong": "wrong",
    "unreadable": "not readable",
    "unanswered": "not answered",
}
STYLES: dict[Outcome, str] = {
    "right": "green",
    "digits": "green",
    "convention": "green",
    "wrong": "red",
    "unreadable": "yellow",
    "unanswered": "yellow",
}
MOST_FOLLOWED = 3
MOST_MISTAKES = 12
MOST_UNREADABLE = 20
MOST_MARKS = 60
"""Most questions for which a line per student shows every answer."""
COUNTED = ("points", "right", "wrong", "following", "not answered", "not readable")
SIGNS = {
    "right": "+",
    "digits": "+",
    "convention": "+",
    "following": ">",
    "wrong": "x",
    "unanswered": ".",
    "unreadable": "?",
}
LEGEND = "+ right, x wrong, > following, . not answered, ? not readable"
NOT_GRADED = {"missing": "not handed in", "variant": "not graded"}
"""What is said of a student without grades, by the code of the problem."""


def verdict_of(result: GradedAnswer) -> str:
    """The verdict in words."""
    return "follows from an earlier error" if result.follows_from else WORDS[result.verdict]


def remark(result: GradedAnswer) -> str:
    """The remark on a result, without the correct number."""
    if result.follows_from:
        sources = ", ".join(result.follows_from[-MOST_FOLLOWED:])
        return f"correct given your {sources}"
    if result.verdict == "wrong" and not result.says:
        return "no known mistake explains this answer"
    return result.says


def how(result: GradedAnswer) -> str:
    """The computation of the correct answer, if revealed."""
    return on_one_line(result.working) if result.working else ""


def points(value: float) -> str:
    """`2`, `1.5`."""
    return f"{value:g}"


def printable(text: str) -> str:
    """An answer on one short line, without control characters."""
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    return shown if len(shown) <= 40 else shown[:39] + "…"


def grades_text(grades: list[Graded], network: str, details: bool) -> RenderableType:
    """One student's results in detail, or an overview of a class with the most common mistakes."""
    if len(grades) == 1 or details:
        parts: list[RenderableType] = []
        for each in grades:
            parts += [*([""] if parts else []), _detailed(each, network)]
        return Group(*parts)
    found = statistics_of(grades)
    parts = [*_questions(found), *_common_mistakes(found), *_unreadable(grades)]
    return Group(_overview(grades, found, network), *parts)


def _detailed(graded: Graded, network: str) -> RenderableType:
    who = f"{printable(graded.student)}  " if graded.student else ""
    heading = Text(f"{who}{network}  {points(graded.score)} of {points(graded.points)} points", "bold")
    if graded.problem:
        return Text(f"{who}not readable: {graded.problem.message}", "yellow")
    revealed = any(result.right for result in graded.results)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("question", overflow="fold")
    table.add_column("answer", justify="right", overflow="fold")
    table.add_column("verdict")
    table.add_column("points", justify="right")
    for name in ("right answer", "how") if revealed else ():
        table.add_column(name, justify="right" if name == "right answer" else "left", overflow="fold")
    table.add_column("remark", overflow="fold")
    for result in graded.results:
        table.add_row(*_cells(result, revealed))
    return Group(heading, "", table)


def _cells(result: GradedAnswer, revealed: bool) -> list[Text]:
    style = "yellow" if result.follows_from else STYLES[result.verdict]
    shown = [Text(result.right), Text(how(result))] if revealed else []
    return [
        Text(printable(result.question)),
        Text(printable(result.answer)),
        Text(verdict_of(result), style),
        Text(f"{points(result.score)}/{points(result.points)}"),
        *shown,
        Text(remark(result)),
    ]


def _overview(grades: list[Graded], found: ClassStatistics, network: str) -> RenderableType:
    has_variants = any(each.variant is not None for each in grades)
    has_marks = 1 < len(found.questions) <= MOST_MARKS
    table = _plain_table("student")
    for name in (*(["variant"] if has_variants else []), *COUNTED):
        table.add_column(name, justify="right")
    if has_marks:
        table.add_column("answers", no_wrap=True)
    for each in grades:
        variant = [str("" if each.variant is None else each.variant)] if has_variants else []
        marks = [_marks(each, found)] if has_marks else []
        who, *numbers = _line(each)
        table.add_row(*map(Text, (who, *variant, *numbers, *marks)))
    parts: list[RenderableType] = [Text(class_title(found, network), "bold"), "", table]
    if has_marks:
        parts += ["", Text(f"answers, in the order of the questions: {LEGEND}", "dim")]
    return Group(*parts)


def class_title(found: ClassStatistics, network: str) -> str:
    """The network, the number of students, and their points."""
    spread = found.spread
    several = [
        f"median {points(round(spread.median, 2))}",
        f"standard deviation {points(round(spread.deviation, 2))}",
    ]
    numbers = ", ".join(
        [f"{points(round(spread.mean, 2))} of {points(spread.points)} points on average"]
        + (several if found.graded > 1 else [])
    )
    return f"{network}  {found.students} students, {numbers}"


def _plain_table(first: str) -> Table:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(first)
    return table


def _line(graded: Graded) -> tuple[str, ...]:
    if graded.problem:
        return (
            printable(graded.student),
            "–",
            "",
            "",
            "",
            "",
            NOT_GRADED.get(graded.problem.code, "the file"),
        )
    counts = Counter("following" if each.follows_from else each.verdict for each in graded.results)
    right = counts["right"] + counts["digits"] + counts["convention"]
    numbers = (right, counts["wrong"], counts["following"], counts["unanswered"], counts["unreadable"])
    scored = f"{points(graded.score)}/{points(graded.points)}"
    return (printable(graded.student), scored, *(str(number or "") for number in numbers))


def _marks(graded: Graded, found: ClassStatistics) -> str:
    """A sign for each question."""
    verdicts = {
        each.question: "following" if each.follows_from else each.verdict for each in reversed(graded.results)
    }
    return "".join(SIGNS.get(verdicts.get(each.question, ""), " ") for each in found.questions).rstrip()


def _questions(found: ClassStatistics) -> list[RenderableType]:
    """A line for each question."""
    table = _plain_table("question")
    for name in ("points", "right", "mean", "median", "deviation", "not answered", "not readable"):
        table.add_column(name, justify="right")
    table.add_column("most common mistake", overflow="fold")
    for each in found.questions:
        table.add_row(*map(Text, question_line(each)))
    return ["", Text("questions", "bold"), "", table]


def question_line(each: QuestionStatistics) -> tuple[str, ...]:
    """The statistics of a question."""
    first = each.mistakes[0] if each.mistakes else None
    spread = each.spread
    return (
        each.question,
        points(spread.points),
        f"{each.percent_right:.0f} %",
        *(points(round(value, 2)) for value in (spread.mean, spread.median, spread.deviation)),
        *(str(number or "") for number in (each.unanswered, each.unreadable)),
        f"{first.times} × {first.says}" if first else "",
    )


def _common_mistakes(found: ClassStatistics) -> list[RenderableType]:
    """The most common mistakes, with the codes that `--credit` takes."""
    if not found.mistakes:
        return []
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("times", justify="right")
    for name in ("question", "mistake", "code"):
        table.add_column(name, overflow="fold")
    for each in found.mistakes[:MOST_MISTAKES]:
        table.add_row(Text(str(each.times)), Text(each.question), Text(each.says), Text(" ".join(each.codes)))
    return ["", Text("most common mistakes", "bold"), "", table]


def _unreadable(grades: list[Graded]) -> list[RenderableType]:
    """The answers that could not be read: what may cost points for its spelling only."""
    found = [(each, answer) for each in grades for answer in each.results if answer.verdict == "unreadable"]
    if not found:
        return []
    table = _plain_table("student")
    for name in ("question", "answer", "reason"):
        table.add_column(name, overflow="fold")
    for each, answer in found[:MOST_UNREADABLE]:
        table.add_row(
            *map(Text, (*map(printable, (each.student, answer.question, answer.answer)), answer.says))
        )
    more = (
        [Text(f"… and {len(found) - MOST_UNREADABLE:,} more", "dim")] if len(found) > MOST_UNREADABLE else []
    )
    return ["", Text("not readable", "bold"), "", table, *more]
