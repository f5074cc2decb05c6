"""Parse the arguments of `solve`: unknowns and targets."""

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from cnncalc.choices import Assumed
from cnncalc.explore.amounts import amount_of
from cnncalc.explore.solve.conditions import Condition, conditions_of
from cnncalc.explore.solve.solved import Target, Unknown
from cnncalc.layers import find_kind
from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import parsed_source
from cnncalc.spec.document import Document
from cnncalc.spec.typed import Typed, flat, spec_lines, typed
from cnncalc.spec.typed_shape import typed_input
from cnncalc.spec.vocabulary import canonical

MARK = re.compile(r"(?<![\w?])\?(?![\w?])")
KEY = re.compile(r"([A-Za-z_]\w*)\s*:[^:]*$")
FIRST_KEY = re.compile(r"\W*(\w+)\s*:")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_UNKNOWNS = 6
ANY_SIZE = 512
"""The size of the default input, unless a wanted receptive field is larger, which does not depend on it."""

INPUT_SIZE, INPUT_CHANNELS = "input size", "input channels"


class SolveTask(Struct, frozen=True):
    """The parsed arguments: the typed spec, its document, the unknowns and the targets."""

    typed: Typed
    document: Document
    layers: tuple[str, ...]
    dims: tuple[str, ...]
    unknowns: tuple[Unknown, ...]
    targets: tuple[Target, ...]
    conditions: tuple[Condition, ...]
    has_input: bool
    note: str

    def input(self, values: dict[str, int]) -> str | None:
        """The input with values, as `built` takes it; None if it has no unknowns."""
        if not any(unknown.argument == 0 for unknown in self.unknowns):
            return None
        return "x".join(str(values.get(dim, dim)) for dim in self.dims)

    def written(self, values: dict[str, int]) -> tuple[str, ...]:
        """The layers with values."""
        return tuple(_replaced(layer, values) for layer in self.layers)


def _replaced(text: str, values: dict[str, int]) -> str:
    return re.sub(r"\b[A-Z]\b", lambda name: str(values.get(name[0], name[0])), text)


def solve_task(
    layers: tuple[str, ...],
    input: str | None,
    layout: Layout | None,
    output: str | None,
    numbers: dict[str, str | int | None],
    assume: Assumed | None = None,
    where: tuple[str, ...] = (),
) -> SolveTask:
    """Parse the arguments of `solve`.

    Raises:
        SpecError: an argument is invalid, with its place.
        ValueError: there are no unknowns, no targets, or too many unknowns.
    """
    layers = tuple(spec_lines(layers, assume=assume))
    unknowns: list[Unknown] = []
    any_input = _any_input(str(numbers.get("receptive_field") or ""))
    source = Source("the arguments", "\n".join(map(flat, (input or any_input, *layers))))
    letters = _free_letters(layers)
    named = tuple(_named(layer, number, letters, unknowns, source) for number, layer in enumerate(layers, 1))
    shape, dims, note = _input(input, any_input, layout, letters, unknowns)
    if not unknowns:
        raise ValueError('nothing to solve for; write ? for the unknown, as in "conv: 8, kernel: ?"')
    if len(unknowns) > MOST_UNKNOWNS:
        raise ValueError(f"too many unknowns: expected at most {MOST_UNKNOWNS}, found {len(unknowns)}")
    variables = tuple(unknown.variable for unknown in unknowns)
    given, document = _parsed(shape, named, layout, variables, source)
    found = tuple(_targets(output, numbers, given))
    if not found:
        raise ValueError("missing target; add --output, --params, --macs, --flops or --receptive-field")
    titled = _titled(unknowns)
    conditions = conditions_of(where, titled)
    return SolveTask(given, document, named, dims, titled, found, conditions, input is not None, note)


def _any_input(field: str) -> str:
    """An input in which a wanted receptive field fits."""
    size = max([ANY_SIZE, *(int(n) for n in re.findall(r"\d{1,6}", field))])
    return f"{size}x{size}x1"


def _parsed(
    shape: str,
    named: tuple[str, ...],
    layout: Layout | None,
    variables: tuple[str, ...],
    source: Source,
) -> tuple[Typed, Document]:
    """The spec with variables; its errors point into the arguments."""
    try:
        given = structs.replace(typed(shape, named, layout, variables), source=source)
    except SpecError as error:
        raise SpecError(list(error.problems), source) from None
    try:
        return given, parsed_source(given.spec_source)
    except SpecError as error:
        raise given.pointed(error) from None


def _free_letters(layers: tuple[str, ...]) -> Iterator[str]:
    used = set(re.findall(r"\b[A-Z]\b", " ".join(layers)))
    return iter([letter for letter in LETTERS if letter not in used])


def _named(layer: str, number: int, letters: Iterator[str], unknowns: list[Unknown], source: Source) -> str:
    """A layer with `?` replaced by variables of one letter, so that columns stay the same."""

    def variable(mark: re.Match[str]) -> str:
        option = _option(layer, layer[: mark.start()])
        if not option:
            place = Place(number + 1, mark.start() + 1)
            hint = 'write ? for the value of an option, as in "conv: ?, kernel: 3"'
            problem = Problem("bad-unknown", "this ? is not the value of an option", place, hint)
            raise SpecError([problem], source)
        unknowns.append(Unknown(next(letters), option, number, option))
        return unknowns[-1].variable

    return MARK.sub(variable, layer)


def _option(layer: str, before: str) -> str:
    """The option whose value follows `before`; the kind's own key is its main option."""
    key = KEY.search(before)
    if not key:
        return ""
    own = FIRST_KEY.match(layer)
    kind = find_kind(own[1]) if own else None
    return kind.main if kind and own and own[1] == key[1] else canonical(key[1])


def _titled(unknowns: list[Unknown]) -> tuple[Unknown, ...]:
    """Unknowns with unique titles: kernel, or kernel of layer 2 if there are several."""
    options = [unknown.option for unknown in unknowns]
    titled: dict[str, Unknown] = {}
    for unknown in unknowns:
        title = unknown.option
        if options.count(title) > 1:
            title = f"{unknown.option} of layer {unknown.argument}"
        while title in titled:
            title += "'"
        titled[title] = Unknown(unknown.variable, unknown.option, unknown.argument, title)
    return tuple(titled.values())


def _input(
    text: str | None,
    any_input: str,
    layout: Layout | None,
    letters: Iterator[str],
    unknowns: list[Unknown],
) -> tuple[str, tuple[str, ...], str]:
    """A sample shape, its sizes with variables for `?`, and a note about assumptions.

    All spatial `?` are one unknown, so the input is square. The first or last may be the channels.
    """
    if text is None:
        return any_input, (), f"no input given; using {any_input.replace('x', '×')}"
    if "?" not in text:
        return text, (), ""
    words = [word for word in re.split(r"[\sx×X*,;()\[\]]+", text) if word]
    sample = "x".join("64" if word == "?" else word for word in words)
    if "?" in (words[0], words[-1]) and words.count("?") == 1 and len(words) != 2:
        return _unknown_channels(words, layout, letters, unknowns)
    found = typed_input(sample, layout)
    channel = len(words) - 1 if found.layout == "hwc" else 0
    letter = next(letters)
    unknowns.append(Unknown(letter, INPUT_SIZE, 0, INPUT_SIZE))
    dims = [letter if word == "?" else word for word in words]
    if len(words) == 2 and layout is None:
        dims, sample = [*dims, "1"], f"{sample}x1"
    elif words[channel] == "?":
        unknowns.append(Unknown(next(letters), INPUT_CHANNELS, 0, INPUT_CHANNELS))
        dims[channel] = unknowns[-1].variable
    return sample, tuple(dims), ""


def _unknown_channels(
    words: list[str], layout: Layout | None, letters: Iterator[str], unknowns: list[Unknown]
) -> tuple[str, tuple[str, ...], str]:
    """The input if the only unknown size, first or last, is the channels."""
    unknowns.append(Unknown(next(letters), INPUT_CHANNELS, 0, INPUT_CHANNELS))
    letter = unknowns[-1].variable
    sample = "x".join("3" if word == "?" else word for word in words)
    return sample, tuple(letter if word == "?" else word for word in words), ""


def _targets(output: str | None, numbers: dict[str, str | int | None], given: Typed) -> Iterator[Target]:
    if output is not None:
        yield _output(output, given.input.shape, given.input.layout)
    for quantity, written in numbers.items():
        if written is None:
            continue
        if quantity == "receptive_field":
            yield _field(str(written), given.input.shape.rank)
            continue
        amount = amount_of(str(written))
        if amount is None or amount[0] < 0:
            option = quantity.replace("_", "-")
            raise ValueError(
                f"--{option}: expected a number such as 34,944, 25.6M or 1.14G; found '{written}'"
            )
        yield Target(quantity, str(written), (), amount[0] - amount[1], amount[0] + amount[1])


def _output(text: str, x: Shape, layout: Layout) -> Target:
    """The requested output: `3x3x8`, `3x3` for any channels, `same`, `?x?x8`."""
    if text.strip().lower() == "same":
        return Target("output", text, (None, *x.spatial))
    words = [word for word in re.split(r"[\sx×X*,;()\[\]]+", text) if word]
    if not words or not all(word == "?" or (word.isdecimal() and int(word)) for word in words):
        raise ValueError(f"--output: expected 3x3x8, 3x3, ?x?x8 or same; found '{text}'")
    sizes = [None if word == "?" else int(word) for word in words]
    if len(sizes) == 1:
        return Target("output", text, (sizes[0],) if not x.rank else (None, *(sizes * x.rank)))
    if len(sizes) == x.rank:
        return Target("output", text, (None, *sizes))
    channels = sizes.pop(-1 if layout == "hwc" else 0)
    return Target("output", text, (channels, *sizes))


def _field(text: str, rank: int) -> Target:
    words = [word for word in re.split(r"[\sx×X*,;()\[\]]+", text) if word]
    if not all(word.isdecimal() and int(word) for word in words) or len(words) not in (1, rank):
        raise ValueError(f"--receptive-field: expected a size such as 11 or 11x11; found '{text}'")
    sizes = tuple(map(int, words))
    return Target("receptive_field", text, sizes * rank if len(sizes) == 1 else sizes)
