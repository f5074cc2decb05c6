"""Parse the arguments of `solve`: unknowns and targets."""

import re
from collections.abc import Iterator

from msgspec import Struct, structs

from cnncalc.choices import Assumed
from cnncalc.explore.amounts import amount_of
from cnncalc.explore.solve.conditions import Condition, conditions_of
from cnncalc.explore.solve.solved import Target, Unknown
from cnncalc.layers import Layer, find_kind
from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import parsed_source
from cnncalc.spec.document import Document
from cnncalc.spec.typed import Typed, flat, spec_lines, typed
from cnncalc.spec.typed_shape import SAMPLE, typed_input
from cnncalc.spec.vocabulary import canonical

MARK = re.compile(r"(?<![\w?])\?(?![\w?])")
KEY = re.compile(r"([A-Za-z_]\w*)\s*:[^:]*$")
FIRST_KEY = re.compile(r"\W*(\w+)\s*:")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
MOST_UNKNOWNS = 6
ANY_SIZE = 512
"""The size of the default input, unless a wanted receptive field is larger, which does not depend on it."""

INPUT_SIZE, INPUT_CHANNELS = "input size", "input channels"
SAME: tuple[int | None, ...] = ()
"""The sizes of `--output same` until those of the input take their place."""


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

    def kind_of(self, unknown: Unknown) -> type[Layer] | None:
        """The kind of the layer that an unknown belongs to."""
        return _kind(self.layers[unknown.argument - 1])

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
    text = any_input if input is None else input
    source = Source("the arguments", "\n".join(map(flat, (text, *layers))))
    number = sum(len(MARK.findall(layer)) for layer in layers)
    if number > MOST_UNKNOWNS:
        raise ValueError(f"too many unknowns: expected at most {MOST_UNKNOWNS}, found {number}")
    letters = _free_letters(layers)
    named = tuple(_named(layer, number, letters, unknowns, source) for number, layer in enumerate(layers, 1))
    sample = text.replace("?", str(SAMPLE))
    dims = _dims(text, sample, layout, letters, unknowns) if "?" in text else ()
    if not unknowns:
        raise ValueError(_nothing_to_solve(layers))
    if len(unknowns) > MOST_UNKNOWNS:
        raise ValueError(f"too many unknowns: expected at most {MOST_UNKNOWNS}, found {len(unknowns)}")
    variables = tuple(unknown.variable for unknown in unknowns)
    given, document = _parsed(sample, named, layout, variables, source)
    found = tuple(_targets(output, numbers, given))
    if not found:
        raise ValueError("missing target; add --output, --params, --macs, --flops or --receptive-field")
    if output is not None and found[0].sizes == SAME and "?" in text:
        raise ValueError("--output same: the size of the input is unknown; give it, or a size as --output")
    titled = _titled(unknowns)
    conditions = conditions_of(where, titled)
    note = f"no input given; using {any_input.replace('x', '×')}" if input is None else ""
    return SolveTask(given, document, named, dims, titled, found, conditions, input is not None, note)


def _nothing_to_solve(layers: tuple[str, ...]) -> str:
    """Why there is no unknown in the arguments."""
    hint = 'write ? for the unknown, as in "conv: 8, kernel: ?"'
    if any(layer.endswith((".yaml", ".yml", ".json")) for layer in layers):
        return f"expected layers, found a file; {hint}"
    return f"nothing to solve for; {hint}"


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
        raise with_marks(given.pointed(error), variables) from None


def with_marks(error: SpecError, variables: tuple[str, ...]) -> SpecError:
    """An error in which the variables that stand for unknowns are `?` again."""

    def marked(text: str) -> str:
        return re.sub(r"'([A-Z])'", lambda found: "'?'" if found[1] in variables else found[0], text)

    names = f"expected one of {', '.join(variables)}"
    problems = [
        structs.replace(
            each, message=marked(each.message), hint="" if each.hint == names else marked(each.hint)
        )
        for each in error.problems
    ]
    return SpecError(problems, error.source)


def _free_letters(layers: tuple[str, ...]) -> Iterator[str]:
    used = set(re.findall(r"\b[A-Z]\b", " ".join(layers)))
    free = [letter for letter in LETTERS if letter not in used]
    if len(free) < MOST_UNKNOWNS:
        raise ValueError(f"too many names of one letter: expected at most {len(LETTERS) - MOST_UNKNOWNS}")
    return iter(free)


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
    kind = _kind(layer)
    return kind.main if kind and own and own[1] == key[1] else canonical(key[1])


def _kind(layer: str) -> type[Layer] | None:
    own = FIRST_KEY.match(layer)
    return find_kind(own[1]) if own else None


def _titled(unknowns: list[Unknown]) -> tuple[Unknown, ...]:
    """Unknowns with unique titles: kernel, kernel[0] in a list, kernel of layer 2 among several layers."""
    titled = []
    for unknown in unknowns:
        same = [each for each in unknowns if each.option == unknown.option]
        in_layer = [each for each in same if each.argument == unknown.argument]
        title = f"{unknown.option}[{in_layer.index(unknown)}]" if len(in_layer) > 1 else unknown.option
        if len(same) > len(in_layer):
            title += f" of layer {unknown.argument}"
        titled.append(structs.replace(unknown, title=title))
    return tuple(titled)


def _dims(
    text: str, sample: str, layout: Layout | None, letters: Iterator[str], unknowns: list[Unknown]
) -> tuple[str, ...]:
    """The sizes of an input with variables for `?`; all unknown sizes along axes are one, so it is square."""
    found = typed_input(sample, layout)
    words = _words(text)
    rank = found.shape.rank
    if len(words) == rank:  # an image of one channel
        words.append("1")
    words = words[-rank - 1 :]
    channel = rank if found.layout == "hwc" else 0
    variables: dict[str, str] = {}
    for axis in sorted(range(rank + 1), key=lambda axis: axis == channel):
        option = INPUT_CHANNELS if axis == channel else INPUT_SIZE
        if words[axis] == "?" and option not in variables:
            variables[option] = next(letters)
            unknowns.append(Unknown(variables[option], option, 0, option))
    return tuple(
        variables[INPUT_CHANNELS if axis == channel else INPUT_SIZE] if word == "?" else word
        for axis, word in enumerate(words)
    )


def _targets(output: str | None, numbers: dict[str, str | int | None], given: Typed) -> Iterator[Target]:
    if output is not None:
        yield _output(output)
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


def _output(text: str) -> Target:
    """The requested output as written; what its sizes mean depends on the output, see `read_output`."""
    if text.strip().lower() == "same":
        return Target("output", text, SAME)
    words = _words(text)
    if not words or not all(word == "?" or (word.isdecimal() and int(word)) for word in words):
        raise ValueError(f"--output: expected 3x3x8, 3x3, ?x?x8 or same; found '{text}'")
    sizes = tuple(None if word == "?" else int(word) for word in words)
    if not any(sizes):
        raise ValueError(f"--output: expected at least one size; found '{text}'")
    return Target("output", text, sizes)


def read_output(target: Target, x: Shape, rank: int, layout: Layout) -> Target:
    """A requested output with the sizes of each axis, channels first, for an output of `rank` axes.

    `3x3x8` has channels, `3x3` any channels, `same` the sizes of `x`, and one number is the size of a
    vector or of each axis.

    Raises:
        ValueError: the output has another number of axes.
    """
    sizes = target.sizes
    if sizes == SAME:
        sizes = (None, *x.spatial) if x.rank else (x.channels,)
    elif len(sizes) == 1 and rank:
        sizes = (None, *sizes * rank)
    elif len(sizes) == rank:
        sizes = (None, *sizes)
    elif layout == "hwc":
        sizes = (sizes[-1], *sizes[:-1])
    if len(sizes) != rank + 1:
        what = f"has {rank + 1} sizes" if rank else "is a vector, with one size"
        raise ValueError(f"--output: the output of the layers {what}; found '{target.written}'")
    return structs.replace(target, sizes=sizes)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\sx×X*,;()\[\]]+", text) if word]


def _field(text: str, rank: int) -> Target:
    words = _words(text)
    if not all(word.isdecimal() and int(word) for word in words) or len(words) not in (1, rank):
        raise ValueError(f"--receptive-field: expected a size such as 11 or 11x11; found '{text}'")
    sizes = tuple(map(int, words))
    return Target("receptive_field", text, sizes * rank if len(sizes) == 1 else sizes)
