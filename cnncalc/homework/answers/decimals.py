"""The decimal sign of a sheet: whether `48.120` is 48120 or 48.12.

All numbers of a sheet decide together. A count is whole. Where that leaves it open, a number is read in the
English way, and the grader reports an answer that only the other reading makes right.
"""

import re
from collections.abc import Iterable

from msgspec import Struct

from cnncalc.choices import Decimal
from cnncalc.homework.answers.answer import is_scaled
from cnncalc.homework.quantities import Answerable

DECIMALS: tuple[Decimal, ...] = ("point", "comma")
SIGNS: dict[Decimal, str] = {"point": ".", "comma": ","}
BY_SIGN: dict[str, Decimal] = {".": "point", ",": "comma"}
OTHER: dict[Decimal, Decimal] = {"point": "comma", "comma": "point"}

WITH_SIGNS = re.compile(
    r"(?<![0-9.,A-Za-z_])(?<![0-9][ '\u00a0\u202f])[0-9]+(?:[.,][0-9]+)+(?![0-9.,]*[.,_][0-9A-Za-z])"
)
"""A number with points or commas."""
GROUPS = re.compile(r"[1-9][0-9]{0,2}([.,])[0-9]{3}(?:\1[0-9]{3})*")
INDIAN = re.compile(r"[1-9][0-9]?(,[0-9]{2})+,[0-9]{3}")
AFTER_GROUPS = re.compile(r"[0-9][ '_\u00a0\u202f][0-9]{3}([.,])[0-9]+")
"""Decimals after groups that are separated otherwise: 1 234,5."""
OTHER_GROUPS = re.compile(r"(?<![0-9])[1-9][0-9]{0,2}(['_ \u00a0\u202f])[0-9]{3}(?![0-9])")
SEVERAL = re.compile(r"[0-9)\]]\s*[x×✕*@;]\s*[0-9(\[]|^\s*[(\[{]|,.*,")
"""A product or a list, whose commas separate sizes."""
IN_BRACKETS = re.compile(r"\s*[(\[{][^()\[\]{}]*[)\]}]\s*")


class Digits(Struct, frozen=True):
    """A number in an answer: its text, and the decimal sign that it shows or leaves open."""

    text: str
    shows: Decimal | None = None
    is_open: bool = False

    def plain(self, decimal: Decimal) -> str:
        """The number without thousands separators, with a decimal point."""
        if not self.shows and not self.is_open:
            return self.text
        sign = SIGNS[self.shows or decimal]
        return re.sub(rf"[^0-9{re.escape(sign)}]", "", self.text).replace(sign, ".")


def part_of(text: str, is_whole: bool) -> Digits:
    """Read a number with points or commas; `is_whole` rules out decimals."""
    signs = re.findall("[.,]", text)
    grouped = GROUPS.fullmatch(text)
    if INDIAN.fullmatch(text):
        return Digits(text, "point")
    if len(set(signs)) == 2 and signs.count(signs[-1]) == 1:  # 61.706,00
        return (
            Digits(text, BY_SIGN[signs[-1]])
            if GROUPS.fullmatch(text.rpartition(signs[-1])[0])
            else Digits(text)
        )
    if len(signs) > 1:
        return Digits(text, OTHER[BY_SIGN[signs[0]]]) if grouped else Digits(text)
    if not grouped:  # 0.062 and 1,14
        return Digits(text, BY_SIGN[signs[0]])
    return Digits(text, OTHER[BY_SIGN[signs[0]]]) if is_whole else Digits(text, is_open=True)


def parts_of(text: str, quantity: Answerable, unit: str) -> list[tuple[int, Digits]]:
    """The numbers with points or commas in an answer, with their places.

    Sizes are separated by commas and have no decimals, so only a shape of one number has parts.
    """
    is_shape = quantity.form in ("shape", "weights", "axes")
    if (is_shape and SEVERAL.search(text)) or IN_BRACKETS.fullmatch(text):
        return []
    return [
        (found.start(), part_of(found[0], not unit and not is_scaled(text[found.end() :])))
        for found in WITH_SIGNS.finditer(text)
    ]


def shown_by(text: str, quantity: Answerable, unit: str) -> set[Decimal]:
    """The decimal signs that an answer shows: `0,062M` has a comma, `105,415,200` and `1.14G` a point."""
    shown = {part.shows for _, part in parts_of(text, quantity, unit) if part.shows}
    return shown | {BY_SIGN[found[1]] for found in AFTER_GROUPS.finditer(text)}


def decimal_of(answers: Iterable[tuple[str, Answerable, str]]) -> Decimal | None:
    """The decimal sign of a sheet's answers (text, quantity, unit); None if they show none or both.

    Where spaces or apostrophes separate thousands, as in `48'120`, points and commas do not.
    """
    shown: set[Decimal] = set()
    left_open: set[Decimal] = set()
    has_others = False
    for text, quantity, unit in answers:
        shown |= shown_by(text, quantity, unit)
        left_open |= {BY_SIGN[signs[0]] for signs in open_signs(text, quantity, unit)}
        has_others |= OTHER_GROUPS.search(text) is not None
    shown = shown or (left_open if has_others else set())
    return shown.pop() if len(shown) == 1 else None


def open_signs(text: str, quantity: Answerable, unit: str) -> list[list[str]]:
    """The points or commas of numbers that can be read in two ways."""
    return [re.findall("[.,]", part.text) for _, part in parts_of(text, quantity, unit) if part.is_open]


def is_open(text: str, quantity: Answerable, unit: str) -> bool:
    """Whether an answer can be read in two ways."""
    return any(part.is_open for _, part in parts_of(text, quantity, unit))


def in_points(text: str, quantity: Answerable, unit: str, decimal: Decimal | None) -> str:
    """An answer without thousands separators, with decimal points."""
    parts = parts_of(text, quantity, unit)
    if AFTER_GROUPS.search(text):
        return text
    for at, part in reversed(parts):
        text = text[:at] + part.plain(decimal or "point") + text[at + len(part.text) :]
    return text
