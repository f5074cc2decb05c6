"""The question that an answer belongs to: `conv1.output`, `Conv 1 params`, `total.macs`, in any spelling."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType

from msgspec import Struct

from cnncalc.analysis.report import Report
from cnncalc.homework.answers.rows import guessed, names_a_kind
from cnncalc.homework.quantities import KNOWN, QUANTITIES, SUMMED, TOTALS, Answerable, quantity_of
from cnncalc.layers import find_kind
from cnncalc.problems import did_you_mean

SEPARATORS = "./: -_"
MAX_NAME = 200
NAMES_TO_SUGGEST = 500
SIMILAR = 0.8
"""How similar a misspelled name must be to be read as a layer's."""
NO_GUESSES: Mapping[str, str] = MappingProxyType({})
OF = re.compile(
    r"\s+(?:of|in|for|at|after|von|im|in der|nach|de|du|en)\s+(?:the |layer |la |le |der )*", re.IGNORECASE
)
ASKS = re.compile(r"^(?:q?[0-9]{1,3}[.):]\s*)?(?:what (?:is|are) |how many )?(?:the )?", re.IGNORECASE)
"""The beginning of a question in words."""
NUMBERED = re.compile(r"([a-z_]+?)_?([0-9]+)(\..+)?")


class Asked(Struct, frozen=True):
    """A question: its layer (empty for the whole network), quantity and unit."""

    layer: str
    quantity: Answerable
    unit: str = ""

    @property
    def key(self) -> str:
        return f"{self.layer or 'total'}.{self.quantity.name}"

    @property
    def is_summed(self) -> bool:
        """Whether a blank cell can be this question; totals are blank for quantities that are not summed."""
        return bool(self.layer) or self.quantity.name in SUMMED


class NameUnknownError(Exception):
    """The name is not a question; the message suggests what was meant."""


class Names:
    """A network's questions by name, in any spelling."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._known: dict[str, Asked | str] = {}

    @cached_property
    def _alike(self) -> dict[str, set[str]]:
        """Layer names by their letters and digits only."""
        alike: dict[str, set[str]] = {}
        for name in self.report.names:
            alike.setdefault(_compact(name), set()).add(name)
        return alike

    def asked(self, key: str, guesses: Mapping[str, str] = NO_GUESSES) -> Asked:
        """The question of that name; `guesses` are layers by the names that a sheet uses for them.

        Raises:
            NameUnknownError: there is none, or the name is ambiguous.
        """
        if key not in self._known:
            try:
                self._known[key] = self._asked(key)
            except NameUnknownError as error:
                self._known[key] = str(error)
        found = self._known[key]
        if isinstance(found, str):
            if guesses and (split := self._split(key)) is not None and split[0] in guesses:
                return Asked(guesses[split[0]], *split[1])
            raise NameUnknownError(found)
        return found

    def quantity(self, key: str) -> tuple[Answerable, str] | None:
        """The quantity and unit that a question asks for, whether its layer is known or not."""
        try:
            found = self.asked(key)
        except NameUnknownError:
            split = self._split(key)
            return split[1] if split else None
        return found.quantity, found.unit

    def guesses(self, keys: Iterable[str]) -> dict[str, str]:
        """The layers that the other names in a sheet mean, such as pool1 for `Max Pooling 1`."""
        unknown: dict[str, None] = {}
        for key in keys:
            try:
                self.asked(key)
            except NameUnknownError:
                if (split := self._split(key)) is not None:
                    unknown[split[0]] = None
        found = guessed(unknown, self.report.layers) if unknown else {}
        for text in unknown:
            is_open = text not in found and not names_a_kind(text, self.report.layers)
            if is_open and (close := self._misspelled(text)):
                found[text] = close
        return found

    def _misspelled(self, text: str) -> str:
        """The only layer with a similar name and the same numbers; empty if there is none."""
        numbers = re.findall("[0-9]+", text)
        known = [name for name in self.report.names if re.findall("[0-9]+", name) == numbers]
        close = get_close_matches(text.lower()[:60], known[:NAMES_TO_SUGGEST], n=2, cutoff=SIMILAR)
        return close[0] if len(close) == 1 and numbers else ""

    def _split(self, key: str) -> tuple[str, tuple[Answerable, str]] | None:
        """The layer in a name, as written, and the quantity after it."""
        text = " ".join(key.split())
        if len(text) > MAX_NAME:
            return None
        for at in (found.end() for found in re.finditer(r"[./: _-]", text)):
            found = quantity_of(text[at:])
            if found is not None and text[:at].strip(SEPARATORS):
                return text[:at].strip(SEPARATORS), found
        return _of(text)

    def _asked(self, key: str) -> Asked:
        text = " ".join(key.split())
        if len(text) > MAX_NAME:
            raise NameUnknownError(f"the question's name is longer than {MAX_NAME} characters")
        unknown = ""
        for at in range(len(text) + 1):
            if at and text[at - 1] not in SEPARATORS:
                continue
            found = quantity_of(text[at:])
            layer = text[:at].strip(SEPARATORS)
            has_dot = "." in text[at:] and text[at:].lower() not in QUANTITIES
            if found is None or has_dot or (at and not layer):
                continue
            name = self.layer(layer)
            if name is not None:
                return Asked(name, *found)
            unknown = unknown or layer
        if (split := _of(text)) is not None:
            name = self.layer(split[0])
            if name is not None:
                return Asked(name, *split[1])
            unknown = unknown or split[0]
        raise NameUnknownError(self._no_layer(unknown) if unknown else self._no_quantity(text))

    def layer(self, text: str) -> str | None:
        """The name of a layer or block; empty for the whole network, None if there is none."""
        if text in self.report.names:
            return text
        if not text or _is_whole(text):
            return ""
        alike = self._alike.get(_compact(text), set())
        if not alike:
            ends = {
                name
                for name in self.report.names
                if _words(name)[-len(_words(text)) :] == _words(text) and "." not in name
            }
            alike = ends or self._of_kind(text)
        return next(iter(alike)) if len(alike) == 1 else None

    def _of_kind(self, text: str) -> set[str]:
        """Layers named by another word for their kind: `fc1` for dense1."""
        found = NUMBERED.fullmatch(text.lower().replace(" ", "_"))
        kind = find_kind(found[1]) if found else None
        if found is None or kind is None:
            return set()
        return self._alike.get(_compact(kind.kind + found[2] + (found[3] or "")), set())

    def _no_layer(self, layer: str) -> str:
        known = list(self.report.names)[:NAMES_TO_SUGGEST]
        return f"there is no layer '{layer[:60]}'; {did_you_mean(layer[:60], known)}".rstrip("; ")

    def _no_quantity(self, text: str) -> str:
        last = re.split(r"[./: ]", text)[-1][:60]
        hint = did_you_mean(last, list(KNOWN))
        hint = hint or "expected one of " + ", ".join(list(QUANTITIES)[:12]) + " …"
        return f"unknown quantity in '{text[:60]}'; {hint}"


def _of(text: str) -> tuple[str, tuple[Answerable, str]] | None:
    """The layer and the quantity of a question in words: `Number of parameters of conv1`."""
    for found in OF.finditer(text):
        quantity = quantity_of(ASKS.sub("", text[: found.start()]))
        layer = text[found.end() :].strip(" ?.:")
        if quantity is not None and layer:
            return layer, quantity
    return None


def _is_whole(text: str) -> bool:
    """Whether a name is that of the whole network: total, or total params."""
    words = text.lower().replace("_", " ").split()
    is_total = "_".join(words) in TOTALS or (
        words[0] in TOTALS and quantity_of(" ".join(words[1:])) is not None
    )
    return is_total or bool(re.fullmatch(r"total \([a-z ]+\)", text.lower()))


def _words(name: str) -> list[str]:
    """The words and numbers of a name: `C1` is not the end of `fc1`."""
    return re.findall("[a-z]+|[0-9]+", name.lower())


def _compact(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", name.lower())
