"""Which question an answer is to: `conv1.output`, `Conv 1 params`, `total.macs`, as people write it."""

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
    """A question: of which layer (nothing for the whole network), for what, in which unit."""

    layer: str
    quantity: Answerable
    unit: str = ""

    @property
    def key(self) -> str:
        return f"{self.layer or 'total'}.{self.quantity.name}"

    @property
    def is_summed(self) -> bool:
        """Whether a blank can stand for it: a row of totals is blank where nothing is summed."""
        return bool(self.layer) or self.quantity.name in SUMMED


class NameUnknownError(Exception):
    """A name that names no question; the message says what could be meant."""


class Names:
    """The names of a network's layers, as people may write them."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._known: dict[str, Asked | str] = {}

    @cached_property
    def _alike(self) -> dict[str, set[str]]:
        """Names by their letters and digits alone."""
        alike: dict[str, set[str]] = {}
        for name in self.report.names:
            alike.setdefault(_compact(name), set()).add(name)
        return alike

    def asked(self, key: str) -> Asked:
        """The question that a key names.

        Raises:
            NameUnknownError: none, or several.
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
            raise NameUnknownError("the name of this question is too long")
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
        """The name of a layer or block; nothing for the whole network, None where it names none."""
        if text in self.report.names:
            return text
        if not text or text.lower().replace(" ", "_") in TOTALS:
            return ""
        alike = self._alike.get(_compact(text), set())
        if not alike:
            alike = {
                name
                for name in self.report.names
                if _compact(name).endswith(_compact(text)) and "." not in name
            }
            alike = alike or self._of_kind(text)
        return next(iter(alike)) if len(alike) == 1 else None

    def _of_kind(self, text: str) -> set[str]:
        """`fc1` where there is a dense1: the kind by another of its names."""
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
        hint = hint or "one of " + ", ".join(list(QUANTITIES)[:12]) + " …"
        return f"nothing is asked for as '{text[:60]}'; {hint}"


def _compact(name: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", name.lower())
