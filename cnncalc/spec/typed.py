"""Converts layers typed on the command line to a spec; errors point into the arguments.

A layer may be a line of a spec (`conv: 96, kernel: 11`) or a phrase (`96 filters of 11x11`, see `phrases`).
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct, structs

from cnncalc.choices import Assumed
from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import Spec, load_source, parsed_source
from cnncalc.spec.files import bundled
from cnncalc.spec.phrases import (
    PhraseError,
    PhraseLayer,
    Understood,
    is_spec_line,
    is_written_as_spec,
    understood,
)
from cnncalc.spec.reader import Mapping, Node, Scalar, read
from cnncalc.spec.typed_shape import HINT, IMAGE, SAMPLE, Axes, ShapeError, TypedInput, typed_input

WRAPPED, BARE = "- {", "- "
"""The prefixes of arguments in the generated spec."""

TWO_READINGS = "two-readings"
BOTH = "no padding, or padding that keeps the size"
CHOOSE = "choose with --assume valid or --assume same"
ADDED_FLATTEN = "added: dense needs a vector"
MOST_ADDED = 5
"""Layers that are added where a dense layer reads a map."""

RANKED = re.compile(
    r"(?P<word>[A-Za-z_]+)(?P<named>[123])(?P<d>[dD])(?=$|T|\W|_)|(?<!\w)(?P<said>[123])-?[dD](?!\w)"
)
LAYOUTS: dict[str, Layout] = {"d": "chw", "D": "hwc"}
"""The layout of the library that writes Conv1d (PyTorch) or Conv1D (Keras)."""

SEVERAL = re.compile(r"^[^(\[]*\d\s*[x×]\s*\d[^(\[]*,\s*\d")
"""`7x7, 3x3`: an input and a kernel, not one shape."""

OF_THE_INPUT = re.compile(r"^$|\b(?:memory|elements)\b", re.IGNORECASE)
"""Questions about an input without layers."""

NETWORK = re.compile(r"(?<![^\W_])[A-Za-z]{3,}(?:[-_ ]?\d+)?(?![^\W_])")
"""A word that may be the name of a network."""

TUPLE = re.compile(r"\s*[(\[](?:[^A-Za-z]|None)*[)\]]\s*")


class TypedLine(Struct, frozen=True):
    """One layer of the generated spec: its text, and where the argument says it.

    `shift` is the number of characters before the argument's own text. `item` is set if the layer was
    understood from a phrase; problems of its line then point at the phrase.
    """

    text: str
    place: Place
    shift: int = 0
    item: PhraseLayer | None = None

    def argument(self, place: Place) -> Place:
        """A place in the generated line as a place in the arguments."""
        if self.item:
            return self.place
        return structs.replace(place, line=self.place.line, column=max(place.column - self.shift, 1))


class Typed(Struct, frozen=True):
    """Typed arguments (`source`) and the spec generated from them (`text`).

    `input` is the shape of the input; `lines` are the layers of the spec.
    """

    source: Source
    text: str
    input: TypedInput
    lines: tuple[TypedLine, ...]

    @property
    def spec_source(self) -> Source:
        """The text of the generated spec."""
        return Source(self.source.name, self.text)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers as lines of a spec without braces."""
        return tuple(line.item.line if line.item else line.text.removeprefix(BARE) for line in self.lines)

    def pointed(self, error: SpecError) -> SpecError:
        """An error of the spec with places in the typed arguments."""
        problems = [_moved(self._hinted(problem), self.lines) for problem in error.problems]
        return SpecError(problems, self.source)

    def _hinted(self, problem: Problem) -> Problem:
        """Adds a hint where a layer suggests that the input is not an image or a vector."""
        shape = self.input.shape
        signal = "for a signal pass --layout chw (channels first) or --layout hwc (channels last)"
        if problem.code == "no-axes" and not shape.rank:
            return structs.replace(problem, hint=self._of_one_size())
        if IMAGE in self.input.why and (
            problem.code == "wrong-rank" or (problem.code == "kernel-too-large" and 1 in shape.spatial)
        ):
            return structs.replace(problem, hint=signal)
        return problem

    def _of_one_size(self) -> str:
        """How to write an input with axes, where only one size is given."""
        if "?" in self.source.text.splitlines()[0]:
            return "one size means a vector; for an image with one channel write ?x?x1"
        size = self.input.shape.channels
        return (
            f"one size means a vector; write {size}x{size}x1 for an image, 1x{size} --layout chw for a signal"
        )


def typed(
    input: str,
    layers: tuple[str, ...],
    layout: Layout | None = None,
    unknown: tuple[str, ...] = (),
    assume: Assumed | None = None,
) -> Typed:
    """The spec for typed arguments; `unknown` are the variables in them.

    `input` may also be a text that says the layers too: `28x28x1, 8 filters of 3x3 -> relu`.

    Raises:
        SpecError: an argument is invalid, or has two readings and `assume` does not choose one.
    """
    source = _source(input, layers)
    axes = _axes((input, *layers))
    try:
        found, first = _found(input, axes, layout, bool(layers))
    except ShapeError as error:
        place = Place(1, error.offset + 1, max(error.width, 1))
        hint = _of_network(input) or error.hint
        raise SpecError([Problem("bad-input", error.message, place, hint)], source) from None
    except PhraseError as error:
        raise SpecError([_misunderstood(error, 1, input)], source) from None
    return _typed(source, found, first, layers, unknown, assume)


def _source(input: str, layers: tuple[str, ...]) -> Source:
    return Source("the arguments", "\n".join(map(flat, (input, *layers))))


def _axes(texts: tuple[str, ...]) -> Axes:
    """The number of axes and the layout that words such as Conv1d (PyTorch) and Conv1D (Keras) imply."""
    for text in texts:
        if found := RANKED.search(flat(text)):
            is_name = found["word"] and found["word"][0].isupper()
            return Axes(int(found["named"] or found["said"]), LAYOUTS[found["d"]] if is_name else None)
    sizes = re.findall(r"\d+", texts[0])
    if len(sizes) <= 2 and any(re.search(r"\bcausal\b", text, re.IGNORECASE) for text in texts):
        return Axes(1, "hwc")
    return Axes()


def _found(input: str, axes: Axes, layout: Layout | None, has_layers: bool) -> tuple[TypedInput, Understood]:
    """The input, and the layers in the same text; raises ShapeError or PhraseError."""
    try:
        if SEVERAL.search(input):
            raise ShapeError("several sizes; expected one input", 0, len(input), HINT)
        return typed_input(input, layout, axes), Understood(())
    except ShapeError as error:
        has_words = re.search(r"[^\W\d].*[\s(@=,]|[\s,>→].*[^\W\d]", input)
        if not (has_words or SEVERAL.search(input)) or TUPLE.fullmatch(input):
            raise
        first = understood(_joined(input), has_input=False)
        if not first.items and not first.input:
            raise error from None
        if not first.items and not has_layers and not OF_THE_INPUT.search(first.unread):
            raise _without_layers(flat(input), first.unread) from None
    size = first.input or _input_of(first)
    if not size:
        raise PhraseError(
            "the size of the input is missing",
            0,
            len(flat(input)),
            "begin with it: '28x28x1, …', or '?x?x3, …' for any size",
        )
    if first.channels and len(re.findall(r"\d+", size)) == 2:
        size = f"{size.strip('()[]')}x{first.channels}"
    return typed_input(size, layout, axes), first


def _without_layers(text: str, unread: str) -> PhraseError:
    """The problem of a question whose layers, if it names any, are not understood."""
    at = max(text.find(unread.partition(";")[0]), 0)
    hint = "write the layer before the question: '64x64x16, one 1x1 filter: how many parameters?'"
    return PhraseError("no layer is understood", at, len(text) - at, hint)


def _input_of(first: Understood) -> str:
    """The input that the first layer asserts: `Linear(512, 10)` reads 512 numbers, Conv2d(3, …) ?x?x3."""
    head = first.items[0] if first.items else None
    channels = head.options.get("in", "") if head else ""
    if not head or not channels or "kernel" not in head.options:
        return channels
    sizes = ["?"] * (head.rank or 2)
    return "x".join([channels, *sizes] if head.library == "chw" else [*sizes, channels])


def _typed(
    source: Source,
    found: TypedInput,
    first: Understood,
    layers: tuple[str, ...],
    unknown: tuple[str, ...],
    assume: Assumed | None,
) -> Typed:
    """The spec of all arguments; raises SpecError for every argument that is wrong."""
    problems: list[Problem] = []
    lines = [_line(item, 1) for item in first.items]
    for number, layer in enumerate(layers, 2):
        try:
            lines += _lines(layer, number, found.shape.rank)
        except PhraseError as error:
            problems.append(_misunderstood(error, number, layer))
        except SpecError as error:
            problems += error.problems
    if problems:
        problems += _structural(Typed(source, _text(found, lines, unknown, ""), found, tuple(lines)))
        raise SpecError(sorted(problems, key=_order), source)
    lines = _assumed(lines, assume, source) or [TypedLine(f"{BARE}identity", Place(1, 1), len(BARE))]
    return Typed(source, _text(found, lines, unknown, first.unread), found, tuple(lines))


def _structural(given: Typed) -> tuple[Problem, ...]:
    """Wrong options of the layers that were understood; whether they fit is known only with all layers."""
    if not given.lines:
        return ()
    try:
        parsed_source(given.spec_source)
    except SpecError as error:
        return given.pointed(error).problems
    return ()


def _order(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)


def _misunderstood(error: PhraseError, number: int, layer: str = "") -> Problem:
    """The problem of a phrase without a reading."""
    from cnncalc.spec.mistakes import in_a_row

    place = Place(number, error.offset + 1, max(error.width, 1))
    return Problem(
        "not-understood", error.message, place, in_a_row(layer) or _of_network(layer) or error.hint
    )


def _of_network(text: str) -> str:
    """Where to find the layers of a network that a question names without sizes: `AlexNet conv1`."""
    if re.search(r"\d\s*[x×@]\s*\d", text):
        return ""
    for found in NETWORK.finditer(text[:100]):
        if spec := bundled(found[0]):
            name = spec.stem
            return f"the network is a bundled spec: `cnncalc show {name}`, `cnncalc explain {name} LAYER`"
    return ""


def _lines(layer: str, number: int, rank: int) -> Iterator[TypedLine]:
    """The layers of one argument; raises PhraseError or SpecError."""
    items = None if is_spec_line(flat(layer)) else _items(layer, rank)
    if items is None:
        yield _spec_line(flat(layer), number)
        return
    for item in items:
        yield _line(item, number)


def _items(layer: str, rank: int | None) -> tuple[PhraseLayer, ...] | None:
    """The layers of a phrase; None for a line whose kind is unknown, which the builder explains better."""
    try:
        return understood(_joined(layer), rank=rank).items
    except PhraseError:
        if is_written_as_spec(flat(layer)):
            return None
        raise


def _joined(layer: str) -> str:
    """Text with line breaks as separators, and each character at the same column."""
    return flat(re.sub(r"[\r\n]", ";", layer))


def _line(item: PhraseLayer, number: int) -> TypedLine:
    return TypedLine(f"{BARE}{item.written}", Place(number, item.offset + 1, max(item.width, 1)), item=item)


def _spec_line(line: str, number: int) -> TypedLine:
    """An argument that is written as in a spec: in braces, unless it is a plain word or has them."""
    start = BARE if line.lstrip().startswith("{") or ":" not in line else WRAPPED
    text = line + "}" if start == WRAPPED else line
    lead = "{" if start == WRAPPED else ""
    try:
        problem = _not_a_layer(read(Source("", lead + text)), line)
    except SpecError as error:
        problem = structs.replace(error.problems[0], layer="")
    if problem:
        raise SpecError([_at(problem, number, len(lead), len(line))], Source("", line))
    written = start + line.rstrip() + ("}" if start == WRAPPED else "")
    return TypedLine(written, Place(number, 1, max(len(line), 1)), len(start))


def _assumed(lines: list[TypedLine], assume: Assumed | None, source: Source) -> list[TypedLine]:
    """The layers with the padding that their notation leaves open; raises SpecError without a choice."""
    unclear = [line for line in lines if line.item and line.item.is_padding_open]
    if unclear and assume is None:
        item, place = unclear[0].item, unclear[0].place
        assert item is not None
        words = source.text.splitlines()[place.line - 1][place.column - 1 :][: place.width]
        problem = Problem("two-readings", f"'{words}' has two readings: {BOTH}", place, CHOOSE)
        raise SpecError([problem], source)
    return [
        _line(_padded(line.item, assume), line.place.line) if line.item and line in unclear else line
        for line in lines
    ]


def _padded(item: PhraseLayer, assume: Assumed | None) -> PhraseLayer:
    """A layer with the padding that its notation leaves open."""
    if assume is None or not item.is_padding_open:
        return item
    options = {**item.options, "padding": assume} if assume == "same" else item.options
    return structs.replace(item, options=options, is_padding_open=False)


def is_typed(name: str) -> bool:
    """Whether a name is the shape of an input, not that of a spec: no file is called 227x227x3."""
    try:
        typed_input(name)
        return not Path(name).exists()
    except (ShapeError, OSError):
        return False


def typed_spec(input: str, *layers: str, layout: Layout | None = None, assume: Assumed | None = None) -> Spec:
    """The network for typed arguments; raises SpecError with places in the arguments."""
    return spec_of(typed(input, layers, layout, assume=assume))


def spec_behind(shape: Shape, *layers: str) -> Spec:
    """The network for typed layers after an input of a known shape; raises SpecError likewise."""
    source = _source(str(shape), layers)
    return _spec(_typed(source, TypedInput(shape, "chw", ""), Understood(()), layers, (), None))


def spec_lines(layers: Sequence[str], rank: int | None = None, assume: Assumed | None = None) -> list[str]:
    """Layers as lines of a spec; a text without a reading stays as it is.

    Raises:
        ValueError: a notation leaves the padding open, and `assume` does not choose.
    """
    found: list[str] = []
    for layer in layers:
        try:
            items = None if is_spec_line(flat(layer)) else _items(layer, rank)
        except PhraseError:
            items = None
        padded = [_padded(item, assume) for item in items or ()]
        if any(item.is_padding_open for item in padded):
            raise ValueError(f"'{flat(layer)}' has two readings: {BOTH}; {CHOOSE}")
        found += [layer] if items is None else [item.line for item in padded]
    return found


def spec_of(given: Typed) -> Spec:
    """The network; a dense layer that reads a map gets a `flatten` before it. Raises SpecError."""
    for _ in range(MOST_ADDED):
        try:
            return _pointing(load_source(given.spec_source), given)
        except SpecError as error:
            flattened = _flattened(given, error)
            if flattened is None:
                raise given.pointed(error) from None
            given = flattened
    return _spec(given)


def _flattened(given: Typed, error: SpecError) -> Typed | None:
    """The arguments with `flatten` before the dense layer of an error; None for other errors."""
    found = next((each for each in error.problems if each.code == "dense-on-map" and each.place), None)
    if found is None or found.place is None:
        return None
    at = found.place.line - 2
    if not 0 <= at < len(given.lines):
        return None
    place = given.lines[at].place
    added = PhraseLayer("flatten", {}, (ADDED_FLATTEN,), place.column - 1, place.width)
    lines = (*given.lines[:at], _line(added, place.line), *given.lines[at:])
    below = given.text.splitlines()[1 + len(given.lines) :]
    text = "\n".join(["layers:", *(line.text for line in lines), *below, ""])
    return structs.replace(given, lines=lines, text=text)


def _spec(given: Typed) -> Spec:
    try:
        return _pointing(load_source(given.spec_source), given)
    except SpecError as error:
        raise given.pointed(error) from None


def flat(argument: str) -> str:
    """An argument on one line, with each character at the same column; raises TypeError."""
    if not isinstance(argument, str):
        example = "'227x227x3' or 'conv: 8, kernel: 3'"
        raise TypeError(f"expected text such as {example}; found {type(argument).__name__}")
    return re.sub(r"[\r\n\t\v\f\x85\u2028\u2029]", " ", argument)


def _not_a_layer(node: Node, line: str) -> Problem | None:
    if isinstance(node, Mapping) or (isinstance(node, Scalar) and node.text):
        return None
    what = f"'{line.strip()}' is not a layer" if line.strip() else "expected a layer, found an empty argument"
    return Problem("not-a-layer", what, Place(1, 1), 'such as "conv: 96, kernel: 11, stride: 4", or relu')


def _at(problem: Problem, number: int, lead: int, length: int) -> Problem:
    """The problem of one argument, placed among all arguments."""
    column = problem.place.column - lead if problem.place else 1
    width = problem.place.width if problem.place else 1
    column = min(max(column, 1), length + 1)
    return structs.replace(problem, place=Place(number, column, width))


def _text(found: TypedInput, lines: list[TypedLine], unknown: tuple[str, ...], unread: str) -> str:
    """The spec: each layer on a line of its own, other sections below."""
    dims = ", ".join(map(str, found.dims()))
    shape = "×".join(found.written)
    notes = [f"input read as {shape}: {found.why}"] if found.why else []
    notes += [f"not read: {unread}"] if unread else []
    note = ["note: '" + "; ".join(notes).replace("'", "''") + "'"] if notes else []
    variables = [
        *(f"{name}: 1" for name in unknown),
        *(f"{name}: {SAMPLE}" for name in [found.variable] if name),
    ]
    values = [f"vars: {{{', '.join(variables)}}}"] if variables else []
    below = ["cnncalc: 1", "name: calc", f"layout: {found.layout}", f"input: [{dims}]", *note, *values]
    return "\n".join(["layers:", *(line.text for line in lines), *below, ""])


def _pointing(spec: Spec, given: Typed) -> Spec:
    """The spec with all places moved into the arguments, and what was understood as notes."""
    nodes = tuple(
        structs.replace(node, place=_place(node.place, given.lines)) if node.place.line > 0 else node
        for node in spec.graph.nodes
    )
    findings = tuple(_moved(problem, given.lines) for problem in spec.findings)
    return structs.replace(
        spec,
        graph=structs.replace(spec.graph, nodes=nodes),
        findings=(*_echoes(given), *findings),
        document=structs.replace(spec.document, source=given.source),
    )


def _echoes(given: Typed) -> Iterator[Problem]:
    """The layers as understood, if any was not written as in a spec."""
    if any(line.item for line in given.lines):
        for line in given.lines:
            written = line.item.written if line.item else line.text.removeprefix(BARE)
            notes = "; ".join(line.item.notes) if line.item else ""
            yield Problem("read-as", written, line.place, notes, "note")


def _moved(problem: Problem, lines: tuple[TypedLine, ...]) -> Problem:
    if problem.place is None:
        return problem
    return structs.replace(problem, place=_place(problem.place, lines))


def _place(place: Place, lines: tuple[TypedLine, ...]) -> Place:
    """A place in the spec moved into the arguments; places below the layers point at the input."""
    if not 2 <= place.line < len(lines) + 2:
        return Place(1, 1)
    return lines[place.line - 2].argument(place)
