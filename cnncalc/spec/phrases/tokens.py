"""Cuts a phrase such as `10 filters of 5x5, stride 2` into words, numbers, sizes and signs."""

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from cnncalc.layers import KINDS

LONGEST = 20_000
"""Characters of one phrase."""

NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SPELLED = {word: str(number) for number, word in enumerate(NUMBERS) if number}

ONE = r"(?:\d+|\?)"
WITH_DIGITS = "|".join(kind.kind for kind in KINDS if re.search(r"\d", kind.kind))
TOKEN = re.compile(
    r"(?P<arrow>->|=>|→)"
    rf"|(?P<tuple>[(\[]\s*(?:{ONE}|None|N|-1)(?:\s*,\s*{ONE})+\s*,?\s*[)\]])"
    rf"|(?P<size>{ONE}(?:\s?[x×X*]\s?{ONE})+|{ONE}(?:\s+by\s+{ONE})+)"
    r"|(?P<axes>[123]-?[dD]\b)"
    r"|(?P<number>\d+(?:\.\d+)?|\?)"
    rf"|(?P<word>(?i:{WITH_DIGITS})\b|[^\W\d]+(?:[123][dD](?![^\W_]|T)|[123][dD](?=T))?)"
    r"|(?P<mark>[^\w\s])"
)

Sort = Literal["word", "number", "size", "tuple", "arrow", "mark"]
SORTS: dict[str, Sort] = {
    "word": "word",
    "axes": "word",
    "number": "number",
    "size": "size",
    "tuple": "tuple",
    "arrow": "arrow",
    "mark": "mark",
}


def word_set(text: str) -> frozenset[str]:
    """The words of a table that is written as text."""
    return frozenset(text.split())


class PhraseError(ValueError):
    """A phrase that has no reading; `offset` and `width` point into the text."""

    def __init__(self, message: str, offset: int, width: int = 1, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.width = width
        self.hint = hint


class Token(Struct, frozen=True, gc=False):
    """One token: `values` are its numbers; `glued` means that no space is before it.

    `spelled` is a number written as a word, such as "four".
    """

    sort: Sort
    text: str
    offset: int
    values: tuple[str, ...] = ()
    glued: bool = False
    spelled: bool = False

    @property
    def end(self) -> int:
        return self.offset + len(self.text)

    @property
    def word(self) -> str:
        """A word in lower case; empty for other tokens."""
        return self.text.lower() if self.sort == "word" else ""

    def error(self, message: str, hint: str = "") -> PhraseError:
        """An error at this token."""
        return PhraseError(message, self.offset, len(self.text), hint)


def tokens_of(text: str, offset: int = 0) -> list[Token]:
    """The tokens of a phrase that starts at `offset`; hyphens inside words are dropped.

    Raises:
        PhraseError: the phrase is too long, or has a negative number.

    >>> [token.text for token in tokens_of("zero-padded 5x5, stride-2 CONV3-64")]
    ['zero', 'padded', '5x5', ',', 'stride', '2', 'CONV', '3', '-', '64']
    """
    if len(text) > LONGEST:
        raise PhraseError(f"the text is longer than {LONGEST:,} characters", 0)
    found = list(_tokens(text, offset))
    kept = []
    for before, token, after in zip([None, *found], found, [*found[1:], None], strict=False):
        if token.text in ("-", "–", "−"):
            is_hyphen = before is not None and token.glued and before.sort != "mark"
            if after and after.values and not is_hyphen:
                wrong = f"expected a number of at least 0, found '-{after.text}'"
                raise PhraseError(wrong, token.offset, 1 + len(after.text))
            if not (before and after and before.values and after.values):
                continue
        if token.text == "?" and token.glued and before and before.sort == "word" and not after:
            continue  # the end of a question
        kept.append(token)
    return kept


def _tokens(text: str, offset: int) -> Iterator[Token]:
    end = 0
    for match in TOKEN.finditer(text):
        sort, found, start = SORTS[match.lastgroup or "mark"], match[0], offset + match.start()
        glued = 0 < match.start() == end
        end = match.end()
        if sort == "word" and found.lower() in SPELLED:
            yield Token("number", found, start, (SPELLED[found.lower()],), glued, spelled=True)
        elif sort in ("number", "size", "tuple"):
            pattern = r"\d+(?:\.\d+)?" if sort == "number" else r"\d+"
            yield Token(sort, found, start, tuple(re.findall(rf"{pattern}|\?", found)), glued)
        else:
            yield Token(sort, found, start, (), glued)
