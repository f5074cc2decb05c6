"""Grades for a terminal: each answer with its verdict and remark, and an overview of a class."""

from collections import Counter

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

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
    return Group(_overview(grades, network), *_common_mistakes(grades))


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


def _overview(grades: list[Graded], network: str) -> RenderableType:
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("student")
    for name in ("points", "right", "wrong", "following", "not answered", "not readable"):
        table.add_column(name, justify="right")
    for each in grades:
        table.add_row(*map(Text, _line(each)))
    read = [each for each in grades if not each.problem]
    mean = sum(each.score for each in read) / len(read) if read else 0
    heading = Text(f"{network}  {len(grades)} students, {points(round(mean, 2))} points on average", "bold")
    return Group(heading, "", table)


def _line(graded: Graded) -> tuple[str, ...]:
    if graded.problem:
        return (printable(graded.student), "–", "", "", "", "", "the file")
    counts = Counter("following" if each.follows_from else each.verdict for each in graded.results)
    right = counts["right"] + counts["digits"] + counts["convention"]
    numbers = (right, counts["wrong"], counts["following"], counts["unanswered"], counts["unreadable"])
    scored = f"{points(graded.score)}/{points(graded.points)}"
    return (printable(graded.student), scored, *(str(number or "") for number in numbers))


def _common_mistakes(grades: list[Graded]) -> list[RenderableType]:
    """The most common mistakes."""
    mistakes = Counter(
        (each.question, each.says) for graded in grades for each in graded.results if each.mistakes
    )
    if not mistakes:
        return []
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("times", justify="right")
    table.add_column("question")
    table.add_column("mistake", overflow="fold")
    for (question, says), times in mistakes.most_common(MOST_MISTAKES):
        table.add_row(Text(str(times)), Text(question), Text(says))
    return ["", Text("most common mistakes", "bold"), "", table]
