"""How people write layers: framework calls, course notation and plain English.

`understood` reads a text and returns the layers as items of a spec. What a text can say is in two tables:

- `signatures.py`: what the arguments of `nn.Conv2d(3, 64, 3)` mean in each library;
- `words.py`: what `64 filters`, `stride`, `k 3` or `no padding` mean.

Nothing is guessed: a word that is not understood is an error, and so is a text with two readings, except
for notations such as `CONV5-10`, which leave the padding to the text around them (`is_padding_open`).
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from cnncalc.layers import BY_NAME, find_kind, options_of
from cnncalc.spec.phrases.calls import is_call, read_call
from cnncalc.spec.phrases.completion import items_of
from cnncalc.spec.phrases.item import PhraseLayer
from cnncalc.spec.phrases.sentence import Sentence
from cnncalc.spec.phrases.tokens import SPELLED, PhraseError, tokens_of, word_set
from cnncalc.spec.phrases.words import COUNTED, SETS, TAKES
from cnncalc.spec.typed_shape import ShapeError, typed_input
from cnncalc.spec.vocabulary import AROUND, EXPANDING

__all__ = ["PhraseError", "PhraseLayer", "Understood", "is_spec_line", "is_written_as_spec", "understood"]

BREAK = re.compile(r"[,;\n]|(?<=\s)(?:->|=>|→)(?=\s)|(?<=\))\s*(?:->|=>|→)")
OPENING, CLOSING = "([{", ")]}"
KEY = re.compile(r"\s*\{?\s*([\w-]+)\s*:")
COUNTS = re.compile(r"\d\s+(?:[^\W\d]+\s+)?(?:filters?|kernels?|units|neurons|maps)\b", re.IGNORECASE)
"""`conv: 10 filters of 5x5`, a phrase behind a colon."""

LAST = re.compile(r"(?:[:;]|\.(?=\s+[A-Z]))(?!.*\.\s+[A-Z])\s*(?P<tail>[^:;]*)$")
"""What is behind the last colon, semicolon or sentence."""
ASKED = word_set(
    "parameters params parameter weights size sizes shape shapes output outputs flops macs maccs "
    "macc multiplications multiply dims dimension dimensions volume memory elements connections "
    "field row neurons total learnable trainable h_out w_out"
)
"""Words of the question behind a list of layers."""

LAYER_WORDS = tuple(words for words, (option, _) in SETS.items() if option != "bias")
"""Words in a question that change the layers; weights and biases are printed apart anyway."""
TRAILING = re.compile(r"^\s*\w+\s*[=:]?\s*\d+\s*$")
"""`size 3`: an option, not a question."""


class Understood(Struct, frozen=True):
    """What a text says: layers, and the size of the input if it is in the text.

    `unread` is the question at the end, which is not part of the layers.
    """

    items: tuple[PhraseLayer, ...]
    input: str = ""
    channels: int = 0
    unread: str = ""


def is_spec_line(text: str) -> bool:
    """Whether a text is written as in a spec: `conv: 8, kernel: 3`, `{maxpool: 2}` or a kind alone.

    >>> is_spec_line("conv: 8, kernel: 3"), is_spec_line("conv: 96, 11, 4"), is_spec_line("conv 8")
    (True, False, False)
    """
    if text.lstrip()[:1] in ("", "{", "[", "-"):
        return True
    key = KEY.match(text)
    if key is None:
        return bool(re.fullmatch(r"\s*[\w-]+\s*", text)) and find_kind(text.strip()) is not None
    if key[1] in EXPANDING or key[1] in ("use", *AROUND):
        return True
    if COUNTS.search(text):
        return False
    return find_kind(key[1]) is not None and all(KEY.match(part) for part, _, _ in _parts(text, ","))


def is_written_as_spec(text: str) -> bool:
    """Whether a text has the form of a spec's line, even if its words are wrong: `maxpol: 2`."""
    return all(KEY.match(part) for part, _, _ in _parts(text, ",")) or bool(
        re.fullmatch(r"\s*[\w-]+\s*", text)
    )


def understood(text: str, has_input: bool = True, rank: int | None = None) -> Understood:
    """The layers that a text describes.

    Args:
        text: one layer, or several separated by commas, arrows or line breaks.
        has_input: whether the size of the input is known; otherwise the text may begin with it.
        rank: the number of axes of the input, if known.

    Raises:
        PhraseError: a word is not understood, an option is missing, or there are two readings.

    >>> [item.line for item in understood("10 filters of 5x5, stride 2, pad 1 -> relu").items]
    ['conv: 10, kernel: 5, stride: 2, padding: 1', 'relu']
    """
    kept, unread = _without_question(text)
    sentence, called, given = Sentence(has_input), [], ""
    for part, offset, is_new in _parts(kept, ",;\n"):
        if is_new:
            sentence.close()
        if is_call(part):
            sentence.close()
            found = read_call(part, offset)
            called += [(len(sentence.drafts), item) for item in found.items]
            given = given or found.input
        else:
            sentence.read(tokens_of(part, offset))
    if not has_input and rank is None:
        rank = _rank(sentence.input or given)
    items = items_of(sentence.drafts, rank)
    for at, (place, item) in enumerate(called):
        items.insert(place + at, item)
    return Understood(tuple(items), _input(sentence, items) or given, sentence.channels, unread)


def _rank(input: str) -> int | None:
    """The number of axes of the input in a text."""
    try:
        return typed_input(input).shape.rank if input else None
    except ShapeError:
        return None


def _input(sentence: Sentence, items: list[PhraseLayer]) -> str:
    """The size of the input; one number is the side of an image for layers that need axes."""
    if sentence.input.isdecimal() and items and "kernel" in options_of(BY_NAME[items[0].kind]):
        return f"{sentence.input}x{sentence.input}"
    return sentence.input


def _parts(text: str, separators: str) -> Iterator[tuple[str, int, bool]]:
    """The parts between separators outside brackets: text, offset, and whether it is more than a comma."""
    depth, start, is_new = 0, 0, False
    breaks = {found.start(): found.end() for found in BREAK.finditer(text)}
    for at, sign in enumerate(text):
        depth += (sign in OPENING) - (sign in CLOSING)
        if depth <= 0 and at in breaks and (sign in separators or sign not in ",;\n"):
            yield text[start:at], start, is_new
            start, is_new = breaks[at], sign != ","
    yield text[start:], start, is_new


def _without_question(text: str) -> tuple[str, str]:
    """A text without the questions at its end: `28x28x1, conv 8 3x3: how many parameters?`."""
    unread = ""
    while found := LAST.search(text):
        tail = found["tail"]
        spelled = [word.lower() for word in re.findall(r"[^\W\d]+", tail)]
        if not ASKED.intersection(spelled) or _says_more(tail, spelled):
            break
        text, unread = text[: found.start()], tail.strip() + (f"; {unread}" if unread else "")
    return text, unread


def _says_more(tail: str, spelled: list[str]) -> bool:
    """Whether a question also says something about the layers: `output size with stride 2?`."""
    if any(re.search(rf"\b{words.replace(' ', r'[ -]+')}\b", tail, re.IGNORECASE) for words in LAYER_WORDS):
        return True
    if not re.search(r"\d", tail) and SPELLED.keys().isdisjoint(spelled):
        return False
    if not re.search(r"\d", tail):
        return not TAKES.keys().isdisjoint(spelled)
    says = re.search(r"\d\s*[x×]\s*\d", tail) or tail.lstrip()[0].isdigit() or TRAILING.search(tail)
    return bool(says) or spelled[0] not in ASKED or not {*TAKES, *COUNTED}.isdisjoint(spelled)
