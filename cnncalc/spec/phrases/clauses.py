"""The clauses of a phrase: what the words between two commas say, and the layers that clauses make up."""

from msgspec import Struct

from cnncalc.layers import Layer, options_of
from cnncalc.spec.phrases.item import sizes_text
from cnncalc.spec.phrases.tokens import Token

HEADS = ("filters", "kernel", "units", "f", "k", "n")
"""Options that start a new layer where the layer has them."""

LETTERS = {"f": "kernel", "k": "kernel", "n": "filters"}


class Value(Struct, frozen=True, gc=False):
    """The value of an option, and its words."""

    text: str
    token: Token
    sizes: tuple[str, ...] = ()


class Clause:
    """The words between two commas: a kind, options, and numbers without a name."""

    def __init__(self) -> None:
        self.kind: type[Layer] | None = None
        self.options: dict[str, Value] = {}
        self.pending: list[Token] = []
        self.tokens: list[Token] = []
        self.notes: list[str] = []
        self.is_padding_open = False
        self.mentions_padding: Token | None = None
        self.is_as_conv = False

    @property
    def is_empty(self) -> bool:
        return not (self.kind or self.options or self.pending or self.mentions_padding)

    def set(self, option: str, value: Value) -> None:
        """Sets an option; raises PhraseError if it has another value."""
        before = self.options.get(option)
        if before and before.text != value.text:
            raise value.token.error(
                f"two values of {option}: {before.text} and {value.text}", "write one layer after the other"
            )
        self.options[option] = value


class Draft(Struct):
    """A layer whose clauses are complete."""

    clauses: list[Clause]

    @property
    def kind(self) -> type[Layer] | None:
        return next((clause.kind for clause in self.clauses if clause.kind), None)

    @property
    def options(self) -> dict[str, Value]:
        return {name: value for clause in self.clauses for name, value in clause.options.items()}


def starts_layer(clause: Clause, before: Draft) -> bool:
    """Whether a clause starts a new layer after another."""
    if clause.kind:
        return before.kind is not None or any(
            name in clause.options or not _takes(clause.kind, name) for name in before.options
        )
    return any(
        name in HEADS and (name in before.options or not _takes(before.kind, name)) for name in clause.options
    )


def _takes(kind: type[Layer] | None, option: str) -> bool:
    return kind is None or LETTERS.get(option, option) in options_of(kind)


def check_repeats(clause: Clause, before: Draft) -> None:
    """Raises PhraseError if a clause repeats an option of the layer that it continues."""
    for name, value in clause.options.items():
        if name in before.options:
            first = before.options[name].text
            raise value.token.error(f"two values of {name} for one layer: {first} and {value.text}")


def settle(clause: Clause, kind: type[Layer] | None) -> None:
    """Gives numbers and sizes without a name their option."""
    sizes = [each for each in clause.pending if each.sort != "number"]
    numbers = [each for each in clause.pending if each.sort == "number"]
    main = kind.main if kind else "filters"
    clause.pending = []
    for token in sizes:
        if kind and "kernel" not in options_of(kind):
            if main not in ("size", "scale", "amount", "bins"):
                raise token.error(f"{kind.kind} has no kernel", "write one layer after the other")
            clause.set(main, Value(sizes_text(token.values), token))
        elif "kernel" in clause.options and not token.offset:
            hint = f"if {token.text} is the input, write a comma after it"
            raise token.error("two kernel sizes", hint)
        else:
            clause.set("kernel", Value(sizes_text(token.values), token, token.values))
    if main in clause.options or (
        len(numbers) > 1 and "kernel" in clause.options
    ):  # pool1 3x3, conv1 96 11x11
        numbers = _without_label(clause, numbers)
    if len(numbers) > 1:
        raise numbers[1].error(
            f"{numbers[0].text} and {numbers[1].text}: which is which?",
            "name the numbers, such as '64 filters of 3x3' or 'kernel 3, stride 2'",
        )
    for token in numbers:
        if kind and not main and kind.family != "norm":
            if not token.glued:
                raise token.error(f"{kind.kind} takes no number")
            clause.notes.append(f"the {token.text} is read as the layer's name")
            continue
        clause.set(main or "in", Value(token.values[0], token))


def _without_label(clause: Clause, numbers: list[Token]) -> list[Token]:
    """The numbers without the one that is glued to the kind: `pool1 3x3`."""
    glued = next((token for token in numbers if token.glued), None)
    if glued is None:
        return numbers
    clause.notes.append(f"the {glued.text} is read as the layer's name")
    return [token for token in numbers if token is not glued]
