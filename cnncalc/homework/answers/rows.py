"""Names of layers that are not the network's own: `Max Pooling 1`, `conv2d_1`, `C1`, `Dense`.

A number counts layers of a family, as in `Dense 2`; from zero as in Keras, `conv2d`, `conv2d_1`; or all
layers, as in `C1`, `S2`, `C3`. The names of a sheet decide together which, never its answers.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from cnncalc.analysis.report import Row
from cnncalc.homework.answers.answer import unaccented
from cnncalc.layers import find_kind

FAMILIES = {
    "conv": "c cv conv convolution convolutional convolve faltung faltungsschicht convolucion convolutif",
    "pool": "p s mp ap pool pooling subsampling subsample maxpool maxpooling avgpool averagepool"
    " averagepooling meanpool meanpooling agrupacion",
    "dense": "f d fc dense linear fullyconnected fullconnection denselayer innerproduct ip vollverbunden"
    " densa lineal lineaire",
    "norm": "bn norm batchnorm batchnormalization batchnormalisation normalization",
    "activation": "act activation aktivierung",
}
"""Words for the layers of a family, beside the names of kinds."""
KINDS = {
    **dict.fromkeys(("flat", "flattening", "aplanar", "aplatir"), "flatten"),
    "drop": "dropout",
}
"""Words for kinds, beside those that `find_kind` knows."""
OUTPUT = frozenset({"output", "out", "ausgabe", "ausgang", "sortie", "salida", "classifier", "logits"})
"""Words for the last layer with weights."""
FAMILY_OF = {word: family for family, words in FAMILIES.items() for word in words.split()}
ENTRANCE = re.compile(
    r"(the )?(input|inputlayer|input layer|input image|image|eingabe|entree|entrada)( ?[01])?"
)
"""Rows for the input, which is not a layer."""
TREE = re.compile(r"^[\s|*\u2022\u2500-\u257f-]+")
"""Lines that a program draws in front of a name."""
FILLERS = re.compile(r"\b(layer|layers|schicht|ebene|lage|couche|capa|de|the|[123]d)\b|(?<=[a-z])[123]d\b")
NAME = re.compile(r"(?P<word>[a-z][a-z _.&+-]*?)[ _:#.-]*(?P<number>[0-9]+(?:-[0-9]+)*)?")
BEFORE = re.compile(r"(?P<number>[0-9]+)(?:st|nd|rd|th)?[ .:)_-]+(?P<word>[a-z].*)")


class RowName(Struct, frozen=True):
    """A name as a family or kind of layers with a number."""

    text: str
    word: str
    number: int | None


def parsed(text: str) -> RowName | None:
    """A name as its word and number; None if it has another form.

    >>> parsed("Max Pooling 1").word, parsed("conv2d_1 (Conv2D)").number, parsed("C1").number
    ('maxpooling', 1, 1)
    """
    plain = re.sub(r"\s*\([^()]*\)?\s*$", "", unaccented(text).lower()).replace("_", " ")
    plain = " ".join(FILLERS.sub(" ", TREE.sub("", plain)).split()).strip(" :-_")
    if before := BEFORE.fullmatch(plain):
        plain = (
            before["word"] if re.search("[0-9]", before["word"]) else f"{before['word']} {before['number']}"
        )
    found = NAME.fullmatch(plain)
    if found is None:
        return None
    number = found["number"]
    word = re.sub("[^a-z]", "", found["word"])
    return RowName(text, word, int(number.rpartition("-")[2][:9]) if number else None) if word else None


def is_input(text: str) -> bool:
    """Whether a row is about the input."""
    plain = re.sub(r"\s*\([^()]*\)\s*$", "", unaccented(text).lower()).replace("_", " ").strip()
    return bool(ENTRANCE.fullmatch(plain))


def matching(word: str, rows: Iterable[Row]) -> list[Row]:
    """The layers that a word may name: those of a kind, else those of its family."""
    kind = find_kind(KINDS.get(word, word))
    of_kind = [row for row in rows if kind is not None and isinstance(row.layer, kind)]
    if of_kind:
        return of_kind
    if word in OUTPUT:
        return [row for row in rows if row.neurons][-1:]
    family = FAMILY_OF.get(word) or (kind.family if kind is not None else "")
    return [row for row in rows if row.layer is not None and row.layer.family == family]


def names_a_kind(text: str, rows: tuple[Row, ...]) -> bool:
    """Whether a name is that of a kind or family in the network."""
    name = parsed(text)
    return name is not None and bool(matching(name.word, rows))


def guessed(texts: Iterable[str], rows: tuple[Row, ...]) -> dict[str, str]:
    """The layers that the names of a sheet mean, as far as the names decide it."""
    names = [name for text in dict.fromkeys(texts) if (name := parsed(text)) is not None]
    by_candidates: dict[tuple[str, ...], list[RowName]] = {}
    for name in names:
        found = tuple(row.name for row in matching(name.word, rows))
        if found:
            by_candidates.setdefault(found, []).append(name)
    return _over_all(by_candidates, rows) or dict(
        pair for found, same in by_candidates.items() for pair in _of_family(found, same)
    )


def _over_all(by_candidates: dict[tuple[str, ...], list[RowName]], rows: tuple[Row, ...]) -> dict[str, str]:
    """Names whose numbers count the layers of all named families; empty if they do not.

    That is so for single letters, as in C1, S2, C3, and for numbers that run from 1 without a gap.
    """
    named = [(name, found) for found, same in by_candidates.items() for name in same]
    numbers = sorted(name.number for name, _ in named if name.number is not None)
    runs = numbers == list(range(1, len(named) + 1)) and len(named) > 2
    if len(by_candidates) < 2 or not (runs or all(len(name.word) == 1 for name, _ in named)):
        return {}
    candidates = {name for found in by_candidates for name in found}
    order = [row.name for row in rows if row.name in candidates]
    guesses = {}
    for name, found in named:
        number = name.number or 0
        if not 1 <= number <= len(order) or order[number - 1] not in found:
            return {}
        guesses[name.text] = order[number - 1]
    return guesses if len(set(guesses.values())) == len(named) else {}


def _of_family(found: tuple[str, ...], names: list[RowName]) -> Iterator[tuple[str, str]]:
    """Names whose numbers count the layers of one family: from one, from zero as in Keras, or in order."""
    numbers = [name.number for name in names]
    if len(set(numbers)) < len(numbers):
        return
    known = [number for number in numbers if number is not None]
    from_zero = 0 in known or (None in numbers and bool(known))
    last = max(known, default=0) + from_zero
    if not known and len(found) > 1:
        return  # several layers, and one name without a number
    for place, name in enumerate(sorted(names, key=lambda name: -1 if name.number is None else name.number)):
        if last <= len(found):
            at = (name.number or 0) - (0 if from_zero or name.number is None else 1)
            yield name.text, found[at]
        elif len(names) == len(found):
            yield name.text, found[place]
