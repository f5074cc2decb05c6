"""The quantities that a question can ask about a layer, block or network, and their names."""

import re
import unicodedata
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from msgspec import Struct

from cnncalc.analysis.report import Report, Row, folded
from cnncalc.datatypes import BYTES
from cnncalc.layers.base import Layer
from cnncalc.quantities import Unit, used
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

Value = int | Fraction | tuple[int | Fraction, ...]
"""A number, or one per axis."""
FLOAT32 = BYTES["float32"]
LONGEST = 200
"""Longest heading, in characters."""


class Answerable(Struct, frozen=True):
    """A quantity that a question can ask for. `called` is its name in a sentence: the parameters.

    `of` returns None if a layer has no such number.
    """

    name: str
    form: Unit
    called: str
    of: Callable[[Row], Value | Shape | None]


def window_of(row: Row) -> tuple[Window | TransposedWindow, ...]:
    """The sliding windows of a layer; empty if it has none."""
    windows = windows_of(row.layer, row.reads)
    return tuple(each for each in windows if isinstance(each, Window | TransposedWindow))


def windows_of(layer: Layer | None, reads: tuple[Shape, ...]) -> tuple[object, ...]:
    """A layer's windows, one per axis; empty if it has none or has several inputs."""
    if layer is None or len(reads) != 1 or not hasattr(layer, "windows"):
        return ()
    windows = layer.windows(*reads)
    return () if isinstance(windows, str) else windows


def _geometry(part: Callable[[Window | TransposedWindow], int]) -> Callable[[Row], Value | None]:
    def of(row: Row) -> Value | None:
        return one_for_all(tuple(part(window) for window in window_of(row)))

    return of


def one_for_all(values: tuple[int | Fraction | None, ...]) -> Value | None:
    """The value shared by all axes, or one per axis; None if any is unknown."""
    known = tuple(value for value in values if value is not None)
    if not known or len(known) < len(values):
        return None
    return known[0] if len(set(known)) == 1 else known


def _size(row: Row) -> Value | None:
    return one_for_all(row.output.spatial)


def _axis(name: str) -> Callable[[Row], Value | None]:
    def of(row: Row) -> Value | None:
        return dict(zip(row.output.axes, row.output.spatial, strict=True)).get(name)

    return of


def _per_filter(part: Callable[[Row], int]) -> Callable[[Row], Value | None]:
    def of(row: Row) -> Value | None:
        learns = row.layer and row.neurons and row.params.total
        return _whole(Fraction(part(row), row.output.channels)) if learns else None

    return of


def _whole(value: int | Fraction | None) -> int | Fraction | None:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def _weight_shape(row: Row) -> Value | None:
    return next(iter(row.weights.values()), None)


def receptive_field(row: Row) -> Value | None:
    """Its size, one number if all axes agree; 0 means the whole input."""
    return 0 if row.field.is_global else one_for_all(row.field.size or (None,))


DERIVED: dict[str, Callable[[Row], Value | Shape | None]] = {
    "output": lambda row: row.output,
    "size": _size,
    "height": _axis("height"),
    "width": _axis("width"),
    "length": _axis("length"),
    "activations": lambda row: row.activation // FLOAT32,
    "input": lambda row: row.reads[0] if row.reads else None,
    "params_per_filter": _per_filter(lambda row: row.params.total),
    "weights_per_neuron": _per_filter(lambda row: row.params.weights),
    "memory.parameters": lambda row: row.params.total * FLOAT32,
    "weight_shapes": _weight_shape,
    "receptive_field": receptive_field,
    "jump": lambda row: one_for_all(tuple(map(_whole, row.field.jump or (None,)))),
    "effective_kernel": _geometry(lambda each: each.dilation * (each.kernel - 1) + 1),
    "padding": _geometry(lambda each: each.before),
}
"""Numbers that answers are compared with but rows have no attribute for."""

QUANTITIES: dict[str, Answerable] = {
    each.name: Answerable(each.name, each.unit, f"the {each.title}", DERIVED.get(each.name, each.number))
    for each in used("answer")
}
SUMMED = tuple(each.name for each in used("answer") if each.additive)
"""Quantities of a network or block that are the sum over its layers."""
KNOWN: dict[str, str] = {
    word.replace(".", "_"): each.name
    for each in used("answer")
    for word in (each.name, *each.aliases, *each.words.split())
} | {"depth": "channels"}  # students are asked for that of an output, never for that of the network
"""Every word for a quantity, with the quantity's name."""
IN_UNITS = re.compile(r"(?P<name>.+)_(?P<unit>bytes|[kmg]i?b)")
"""A unit given with the question: memory_kb, memory (MB)."""
IN_POWERS = {
    form: power
    for power, words in (
        ("k", "k thousand thousands tsd"),
        ("m", "m million millions mio"),
        ("g", "g billion billions mrd"),
    )
    for word in words.split()
    for form in (word, f"in_{word}")
}
"""Powers of 1000 given with the question: params (M)."""
WHOLE = (
    "total totals network model sum whole_network all overall whole_model entire_network"
    " sum_total grand_total gesamt gesamtes_netz summe insgesamt netz netzwerk somme reseau ensemble suma red"
)
TOTALS = frozenset(WHOLE.split())
"""Names of the whole network."""
LITTLE = (
    "number no nr num count of the a in for anzahl zahl der die das des nombre cantidad numero"
    " de du la le les los las el del l"
)
FILLERS = frozenset(LITTLE.split())
"""Words of a heading that do not change its meaning."""
REMARK = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
WITHOUT_BIAS = re.compile(r"\b(without|no|excl\w*|ohne|sans|sin|w/o)\b.*\b(bias\w*|biais|sesgos?)\b")


def _plain(text: str) -> str:
    """A heading in lower case without accents, with underscores."""
    split = unicodedata.normalize("NFD", text.lower().replace("\u00df", "ss"))
    return re.sub(r"[^a-z0-9]+", "_", "".join(s for s in split if not unicodedata.combining(s))).strip("_")


def _bare(plain: str) -> str:
    """A heading without the words that do not change its meaning."""
    return "_".join(word for word in plain.split("_") if word not in FILLERS)


@lru_cache(maxsize=4096)
def quantity_of(word: str) -> tuple[Answerable, str] | None:
    """The quantity and the unit that a word names, ignoring case and punctuation.

    >>> quantity_of("Receptive field")[0].name, quantity_of("# params")[0].name, quantity_of("memory (KB)")[1]
    ('receptive_field', 'params', 'kb')
    >>> quantity_of("Parameters (without bias)")[0].name, quantity_of("Anzahl der Parameter")[0].name
    ('weights', 'params')
    """
    if len(word) > LONGEST:
        return None
    remarks = REMARK.findall(word.lower())
    bare = REMARK.sub(" ", word)
    for plain in (_plain(word), _bare(_plain(word))):
        if found := _in_unit(plain):
            return found
    found = _in_unit(_bare(_plain(bare))) if remarks else None
    if found is None:
        return None
    quantity, unit = found
    if quantity.name == "params" and WITHOUT_BIAS.search(" ".join(remarks)):
        return QUANTITIES["weights"], unit
    powers = [IN_POWERS[plain] for each in remarks if (plain := _plain(each)) in IN_POWERS]
    if quantity.form == "count" and powers:
        return quantity, powers[0]
    return found


def _in_unit(plain: str) -> tuple[Answerable, str] | None:
    """A known word, with the unit at its end."""
    if plain in KNOWN:
        return QUANTITIES[KNOWN[plain]], ""
    found = IN_UNITS.fullmatch(plain)
    if found and found["name"] in KNOWN and QUANTITIES[KNOWN[found["name"]]].form == "bytes":
        return QUANTITIES[KNOWN[found["name"]]], found["unit"]
    name, _, power = plain.partition("_in_")
    if name in KNOWN and QUANTITIES[KNOWN[name]].form == "count" and power in IN_POWERS:
        return QUANTITIES[KNOWN[name]], IN_POWERS[power]
    return None


def subject(report: Report, layer: str) -> Row:
    """The row of a layer or block; without a name, the whole network as one row."""
    if layer:
        return report.layer(layer)
    return folded("", "network", list(report.layers), report.output)
