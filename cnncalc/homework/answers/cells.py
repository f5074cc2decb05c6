"""The answers in the cells of a table, and what of it is not understood."""

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from itertools import islice

from cnncalc.homework.answers.columns import (
    ABOUT_THE_STUDENT,
    ROLES,
    Header,
    Heading,
    asked_by,
    header_of,
    heading_of,
    transposed,
    word_of,
)
from cnncalc.homework.answers.commas import DOUBT, Kind, joined
from cnncalc.homework.answers.entries import Entry
from cnncalc.homework.answers.rows import FILLERS, is_input
from cnncalc.homework.answers.tables import Table
from cnncalc.homework.quantities import KNOWN, TOTALS, quantity_of
from cnncalc.problems import Place, Problem, did_you_mean

CLOSE = 0.8
"""How similar a heading must be to a known one to be read as that one."""
MOST_NOTICES = 20
"""Most notices about one file."""
LINE = re.compile(r"\s*([^:=;\t]{2,60}?)\s*[:=]\s*(\S.*)")
"""A line such as `Name: Ann` or `Total params: 61,706`."""


class Cells:
    """Reads the answers of tables; `notices` collects what is guessed or not understood."""

    def __init__(self, student: str) -> None:
        self.student = student
        self.notices: list[Problem] = []

    def answers(self, table: Table) -> Iterator[tuple[str, Entry]]:
        """(student, answer) of every cell; `layout` and `variant` are the names of two questions."""
        header = header_of(table)
        if header is None:
            if any(_is_list(row) for _, row in islice(table, 20)):
                yield from self._list(table)
                return
            table, header = _turned(table)
        if header is None:
            header = Header(tuple(map(heading_of, table[0][1])), 1)
        self._titles(table[: header.start - 1])
        header = self._guessed(header)
        yield from self._rows(table[header.start :], header)

    def _list(self, table: Table) -> Iterator[tuple[str, Entry]]:
        """The answers of a list without a header: question and answer, or layer, quantity and answer."""
        for line, row in table:
            has_layers = len(row) > 2 and quantity_of(row[1]) is not None
            kinds: tuple[Kind, ...] = ("text", "text", "answer") if has_layers else ("text", "answer")
            cells = joined(row, kinds)
            if len(cells) == len(kinds):
                key = ".".join(cell.strip() for cell in cells[:-1] if cell)
                yield self.student, self._entry(key, cells[-1], row[len(kinds) - 1 :], line)

    def _titles(self, above: Table) -> None:
        """The student's name in the lines above a table."""
        for _, row in above:
            cells = [cell.strip() for cell in row if cell.strip()]
            found = LINE.fullmatch(cells[0].lstrip("# ")) if len(cells) == 1 else None
            name, value = (found[1], found[2]) if found else (*cells, "", "")[:2]
            role = ROLES.get(word_of(name), word_of(name))
            if value and role in ("student", "name", "layout", "variant") and len(cells) < 3:
                self.student = value if role in ("student", "name") else self.student

    def _guessed(self, header: Header) -> Header:
        """The header with misspelled titles read as what they are close to; the others are reported."""
        columns = []
        for column in header.columns:
            if column.is_known:
                columns.append(column)
                continue
            close = get_close_matches(word_of(column.title)[:60], list(KNOWN), n=1, cutoff=CLOSE)
            if close:
                self._say(f"column '{column.title[:60]}' was read as {KNOWN[close[0]]}")
                columns.append(Heading(KNOWN[close[0]], "answers", column.layout))
                continue
            hint = did_you_mean(word_of(column.title), list(KNOWN))
            self._say(f"column '{column.title[:60]}' is not understood; its answers are not graded", hint)
            columns.append(Heading(column.title, "given"))
        return Header(tuple(columns), header.start)

    def _say(self, message: str, hint: str = "", line: int = 0) -> None:
        problem = Problem("reading", message, Place(line, 1) if line else None, hint, "warning")
        if problem not in self.notices and len(self.notices) < MOST_NOTICES:
            self.notices.append(problem)

    def _entry(self, key: str, text: str | None, row: list[str], line: int) -> Entry:
        """An answer; None is one whose end is left open by the commas of its row."""
        if text is not None:
            return Entry(key, text.strip(), line)
        self._say(f"line {line} has more cells than the table has columns", DOUBT, line)
        return Entry(key, ",".join(row).strip(), line, DOUBT)

    def _rows(self, rows: Table, header: Header) -> Iterator[tuple[str, Entry]]:
        read: list[tuple[int, list[str], list[str | None]]] = []
        titles, kinds = [column.title for column in header.columns], _kinds(header, rows)
        for line, row in rows:
            single = [cell for cell in row if cell.strip()]
            if len(single) == 1 and len(kinds) > 1 and (pair := LINE.fullmatch(single[0])):
                if quantity_of(pair[1]) is not None:
                    yield self.student, Entry(pair[1], pair[2], line)
                continue
            if [cell.strip() for cell in row] != titles[: len(row)]:
                read.append((line, row, joined(row, kinds)))
        names = self._names([[cell or "" for cell in cells] for _, _, cells in read], header)
        for (line, row, cells), (who, layer) in zip(read, names, strict=True):
            for at, key in () if is_input(layer) else self._keys(header, layer, cells):
                if at < len(cells):
                    yield who, self._entry(key, cells[at], row[at:], line)

    def _keys(self, header: Header, layer: str, cells: list[str | None]) -> Iterator[tuple[int, str]]:
        """The columns with answers, with the names of their questions."""
        question, answer = header.at("question"), header.at("answer")
        if question is not None and answer is not None:
            asked = (cells[question] or "") if question < len(cells) else ""
            yield answer, ".".join(part for part in (layer, asked.strip(" *`")) if part)
            return
        for at, column in enumerate(header.columns):
            if column.role in ABOUT_THE_STUDENT:
                yield at, column.role
            elif column.role == "answers":
                yield at, f"{layer}.{column.title}" if layer else column.title

    def _names(self, rows: list[list[str]], header: Header) -> list[tuple[str, str]]:
        """The student and the layer of each row; equal layers without a number are numbered."""
        first, last, student = header.at("first"), header.at("last"), header.at("student")
        layer, number = header.at("layer"), header.at("number")

        def cell(row: list[str], at: int | None) -> str:
            return " ".join(row[at].split()) if at is not None and at < len(row) else ""

        found = []
        for row in rows:
            name = f"{cell(row, first)} {cell(row, last)}".strip() or cell(row, student)
            who = name if (first, last, student) != (None, None, None) else self.student
            text = OF_TYPE.sub("", cell(row, layer).strip("*`"))
            count = cell(row, number).rstrip(".)")
            if text and count.isdecimal() and not _has_number(text):
                text = f"{text} {count}"
            found.append((who, text))
        times = Counter(found)
        seen: Counter[tuple[str, str]] = Counter()
        for at, (who, text) in enumerate(found):
            is_total = text.lower().strip(" :") in TOTALS
            if times[who, text] > 1 and text and not _has_number(text) and not is_total:
                seen[who, text] += 1
                found[at] = who, f"{text} {seen[who, text]}"
        return found


OF_TYPE = re.compile(r"(?<=\S)\s*\([^()]*\)?\s*$")
"""A remark behind the name of a layer, such as its type: conv2d (Conv2D)."""
BY_SIGNS = re.compile(r"[0-9]\s*[x×✕*@]\s*[0-9]|[(\[]\s*[0-9]")
"""A shape whose sizes are not merely separated by commas."""


def _kinds(header: Header, rows: Table) -> tuple[Kind, ...]:
    """What the columns have, up to the last one with a title."""
    has_signs = any(BY_SIGNS.search(cell) for _, row in rows for cell in row)
    shape: Kind = "bracketed" if has_signs else "shape"
    kinds: list[Kind] = []
    for column in header.columns[: header.width]:
        found = asked_by(column.title) if column.role == "answers" else None
        if found is not None:
            kinds.append(shape if found.form in ("shape", "weights", "axes") else "number")
        else:
            kinds.append("answer" if column.role in ("answer", "answers") else "text")
    return tuple(kinds)


def _has_number(name: str) -> bool:
    return bool(re.search("[0-9]", FILLERS.sub("", re.sub(r"\([^()]*\)", "", name.lower()))))


def _turned(table: Table) -> tuple[Table, Header | None]:
    """A table with a row for each quantity, turned so that it has a column for each; or the table itself."""
    turned = transposed(table)
    header = header_of(turned)
    if header is None or header.start > 1:
        return table, None
    first, *others = header.columns
    return turned, Header((Heading(first.title, "layer"), *others), header.start)


def _is_list(row: list[str]) -> bool:
    """Whether a row is a question and an answer, without a header above it."""
    if len(row) < 2:
        return False
    if len(row) > 2 and quantity_of(row[0]) is not None:
        return False
    return (heading_of(row[0]).role == "answers" and heading_of(row[0]).is_known) or quantity_of(
        row[1]
    ) is not None
