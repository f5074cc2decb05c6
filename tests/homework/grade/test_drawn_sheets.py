"""Drawn sheets in every accepted format: no right answer is called wrong, and no wrong one right."""

import csv
import io
import json
from collections.abc import Callable
from fractions import Fraction
from random import Random
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc.homework.answers import Asked, sheets
from cnncalc.homework.grade import RIGHT, Graded, Grader
from cnncalc.homework.quantities import QUANTITIES
from cnncalc.problems import Source

GRADERS = [Grader(cnncalc.load(name)) for name in ("lenet5", "alexnet", "squeezenet1_1")]
ASKED = (
    "output params weights biases macs elements neurons memory.activations memory.parameters receptive_field"
)
AT_ONCE = 8
"""Answers on a sheet, one of which is wrong."""
FAR = Fraction(8, 100)
"""A wrong number differs this much from right ones, so that it is not one of them rounded."""

QUESTIONS = [
    [
        Asked(layer, QUANTITIES[name])
        for layer in ("", *grader.network.report.names)
        for name in ASKED.split()
        if grader.rights([Asked(layer, QUANTITIES[name])]).popitem()[1] is not None
    ]
    for grader in GRADERS
]


class Style(NamedTuple):
    """How a student writes: the decimal sign and what separates thousands."""

    decimal: str
    thousands: str


STYLES = [Style(".", ","), Style(".", " "), Style(".", ""), Style(",", "."), Style(",", " "), Style(",", "'")]


def grouped(value: int, style: Style) -> str:
    return f"{value:,}".replace(",", style.thousands)


def rounded(value: int, style: Style) -> str:
    """A number with three to six digits and a letter: 61.7K."""
    digits, power = (2, "") if value < 10**3 else (3, "K") if value < 10**6 else (4, "M")
    scale = {"": 1, "K": 10**3, "M": 10**6}[power]
    return f"{value / scale:.{digits}f}{power}".replace(".", style.decimal)


NUMBERS: dict[str, Callable[[int, Style], str]] = {
    "plain": lambda value, style: str(value),
    "grouped": grouped,
    "bold": lambda value, style: f"**{grouped(value, style)}**",
    "equals": lambda value, style: f"= {value}",
    "about": lambda value, style: f"~{grouped(value, style)}",
    "noun": lambda value, style: f"{grouped(value, style)} values",
    "working": lambda value, style: f"(3*3*{value // 7} + 1)*2 = {grouped(value, style)}",
    "sum": lambda value, style: f"{grouped(value - 1, style)} + 1 = {grouped(value, style)}",
    "decimals": lambda value, style: f"{grouped(value, style)}{style.decimal}00",
    "power": lambda value, style: f"{value:.8e}".replace(".", style.decimal),
}
ROUNDED = {"letter": rounded}
SHAPES: dict[str, Callable[[tuple[int, ...], str], str]] = {
    "x": lambda dims, layout: "x".join(map(str, dims)),
    "times": lambda dims, layout: " × ".join(map(str, dims)),
    "stars": lambda dims, layout: "*".join(map(str, dims)),
    "tuple": lambda dims, layout: f"({', '.join(map(str, dims))}{',' if len(dims) == 1 else ''})",
    "list": lambda dims, layout: f"[{','.join(map(str, dims))}]",
    "batch": lambda dims, layout: f"(None, {', '.join(map(str, dims))})",
    "torch": lambda dims, layout: f"torch.Size([1, {', '.join(map(str, dims))}])",
}
OF_MAPS: dict[str, Callable[[tuple[int, ...]], str]] = {
    "at": lambda dims: f"{dims[0]}@{dims[1]}x{dims[2]}",
    "maps of": lambda dims: f"{dims[0]} maps of {dims[1]}x{dims[2]}",
    "channels": lambda dims: f"{dims[1]}x{dims[2]}, {dims[0]} channels",
    "named": lambda dims: f"H={dims[1]}, W={dims[2]}, C={dims[0]}",
    "product": lambda dims: f"{dims[0]}x{dims[1]}x{dims[2]} = {dims[0] * dims[1] * dims[2]}",
}
"""Notations of a shape with two axes, given channels first."""


def shape(random: Random, dims: tuple[int, ...]) -> str:
    if len(dims) == 3 and random.random() < 0.4:
        return random.choice([*OF_MAPS.values()])(dims)
    layout = random.choice(["chw", "hwc"])
    return random.choice([*SHAPES.values()])(dims if layout == "chw" else (*dims[1:], dims[0]), layout)


def written(random: Random, value: object, style: Style, is_exact: bool) -> str:
    if isinstance(value, tuple):
        return shape(random, value)
    assert isinstance(value, int)
    return random.choice([*NUMBERS.values(), *([] if is_exact or value < 100 else ROUNDED.values())])(
        value, style
    )


def mistaken(random: Random, value: object, rights: list[object]) -> object | None:
    """A wrong value; None if the drawn one is right in some way."""
    if isinstance(value, tuple):
        wrong = tuple(max(size + random.choice([0, 0, 1, -1, 7, 40]), 2) for size in value)
        return wrong if sorted(wrong) != sorted(value) else None
    assert isinstance(value, int)
    number = random.choice([value * 2 + 3, value // 3 + 11, value + 977, random.randrange(2, 10**7)])
    near = [
        right
        for right in rights
        if isinstance(right, int) and abs(right - number) <= FAR * max(right, number)
    ]
    return None if near or number < 2 else number


def as_table(rows: list[tuple[str, str]], delimiter: str) -> str:
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows([("question", "answer"), *rows])
    return file.getvalue()


def as_markdown(rows: list[tuple[str, str]]) -> str:
    return "\n".join(
        ["# Answers", "", "| question | answer |", "|:--|--:|", *(f"| {a} | {b} |" for a, b in rows)]
    )


FILES: dict[str, Callable[[list[tuple[str, str]]], str]] = {
    "csv": lambda rows: as_table(rows, ","),
    "semicolons.csv": lambda rows: "Homework\n\n" + as_table(rows, ";"),
    "tsv": lambda rows: as_table(rows, "\t"),
    "md": as_markdown,
    "json": lambda rows: json.dumps(dict(rows)),
    "yaml": lambda rows: "\n".join(f"{key}: {json.dumps(text)}" for key, text in rows),
    "list": lambda rows: "\n".join(f"{key} = {text.removeprefix('= ')}" for key, text in rows),
}


def is_told(done: Graded, question: str) -> bool:
    """Whether the teacher is told that an answer is right with the other decimal sign."""
    return any(notice.message.startswith(f"{question}:") for notice in done.notices)


def graded(random: Random, number: int) -> list[str]:
    """What is wrong with a drawn sheet: nothing, if its wrong answer is found and no other is."""
    at = number % len(GRADERS)
    grader, style = GRADERS[at], random.choice(STYLES)
    asked = random.sample(QUESTIONS[at], AT_ONCE)
    values = grader.rights(asked)
    rows, wrong = [], ""
    for each in asked:
        value = values[each.key]
        if not wrong and each.quantity.form != "axes":
            rights = [value, *grader._question(each).rights]
            drawn = mistaken(random, value, rights) if value else None
            if drawn is not None:
                wrong, value = each.key, drawn
        rows.append(
            (each.key, "all" if value == 0 and "field" in each.key else written(random, value, style, True))
        )
        if each.key != wrong and isinstance(value, int) and random.random() < 0.3:
            rows[-1] = (each.key, "all" if "all" in rows[-1] else written(random, value, style, False))
    name = random.choice([*FILES])
    found = sheets(Source(name, FILES[name](rows)), name.rpartition(".")[2].replace("list", ""), "ann")
    done = grader.sheet(found[0], usual=grader.decimal_of(found))
    results = done.results
    unfair = [
        f"{name} {style} {each}"
        for each in results
        if (each.verdict in RIGHT) == (each.question == wrong) and not is_told(done, each.question)
    ]
    return unfair + ([f"{len(results)} of {AT_ONCE}"] if len(results) != AT_ONCE else [])


@pytest.mark.parametrize("answers", [2_000, pytest.param(30_000, marks=pytest.mark.slow)])
def test_no_right_answer_is_wrong_and_no_wrong_one_right(answers: int) -> None:
    random = Random(answers)
    for number in range(answers // AT_ONCE):
        assert graded(random, number) == []
