"""One layer as understood: its kind and options, and the line of a spec that says the same."""

import re

from msgspec import Struct

from cnncalc.layers import BY_NAME, options_of

PLACES = ("filters", "units", "kernel", "stride", "padding", "dilation", "groups")
"""Options in the order in which specs usually write them; others follow."""


class PhraseLayer(Struct, frozen=True):
    """One layer of a phrase.

    Attributes:
        kind: the name of its kind.
        options: the options as specs write them.
        notes: what was assumed, in full words.
        offset: the place of its words in the text.
        width: the length of its words.
        is_padding_open: whether the notation leaves the padding to the text around it.
        library: the layout of its library, if it is a framework call.
        rank: the number of axes in its name, or 0.
    """

    kind: str
    options: dict[str, str]
    notes: tuple[str, ...] = ()
    offset: int = 0
    width: int = 1
    is_padding_open: bool = False
    library: str = ""
    rank: int = 0

    @property
    def line(self) -> str:
        """The layer as in a spec without braces: `conv: 64, kernel: 3, stride: 2`.

        >>> PhraseLayer("conv", {"kernel": "3", "filters": "64"}).line
        'conv: 64, kernel: 3'
        """
        kind = BY_NAME[self.kind]
        main = kind.main or ("in" if kind.family == "norm" else "")
        known = list(options_of(kind))
        order = [*PLACES, *known]
        others = sorted((name for name in self.options if name != main), key=lambda name: _rank(name, order))
        parts = [f"{name}: {self.options[name]}" for name in others]
        if main in self.options:
            return ", ".join([f"{self.kind}: {self.options[main]}", *parts])
        return ", ".join([f"{self.kind}: ", *parts]) if parts else self.kind

    @property
    def written(self) -> str:
        """The layer as an item of a list in a spec: `{conv: 64, kernel: 3}`, or `relu`."""
        return f"{{{self.line}}}" if ":" in self.line else self.line


def _rank(name: str, order: list[str]) -> int:
    return order.index(name) if name in order else len(order)


def sizes_text(values: tuple[str, ...]) -> str:
    """Sizes as specs write them: one number if all are equal, else a list.

    >>> sizes_text(("3", "3")), sizes_text(("3", "5"))
    ('3', '[3, 5]')
    """
    return values[0] if len(set(values)) == 1 else f"[{', '.join(values)}]"


def is_arithmetic(text: str) -> bool:
    """Whether a text is a number or arithmetic of numbers, such as 16*5*5."""
    return bool(re.fullmatch(r"[\d\s+*/().-]*\d[\d\s+*/().-]*", text))
