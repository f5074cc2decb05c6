"""The question that an answer belongs to: `conv1.output`, `Conv 1 params`, `total.macs`, in any spelling."""

import re
from functools import cached_property

from msgspec import Struct

from cnncalc.analysis.report import Report
from cnncalc.homework.quantities import KNOWN, QUANTITIES, SUMMED, TOTALS, Answerable, quantity_of
from cnncalc.layers import find_kind
from cnncalc.problems import did_you_mean

SEPARATORS = "./: -_"
MAX_NAME = 200
NAMES_TO_SUGGEST = 500
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

    def asked(self, key: str) -> Asked:
        """The question of that name.

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
            raise NameUnknownError(found)
        return found

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
        raise NameUnknownError(self._no_layer(unknown) if unknown else self._no_quantity(text))

    def layer(self, text: str) -> str | None:
        """The name of a layer or block; empty for the whole network, None if there is none."""
        if text in self.report.names:
            return text
        if not text or text.lower().replace(" ", "_") in TOTALS:
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


def _words(name: str) -> list[str]:
    """The words and numbers of a name: `C1` is not the end of `fc1`."""
    return re.findall("[a-z]+|[0-9]+", name.lower())


def _compact(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", name.lower())
