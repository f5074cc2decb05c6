"""Converts layers typed on the command line to a spec; errors point into the arguments."""

import re

from msgspec import Struct, structs

from cnncalc.problems import Place, Problem, Source, SpecError
from cnncalc.shapes import Layout, Shape
from cnncalc.spec import Spec, load_source
from cnncalc.spec.reader import Mapping, Node, Scalar, read
from cnncalc.spec.typed_shape import IMAGE, ShapeError, TypedInput, typed_input

WRAPPED, BARE = "- {", "- "
"""The prefixes of arguments in the generated spec."""


class Typed(Struct, frozen=True):
    """Typed arguments (`source`) and the spec generated from them (`text`).

    `input` is the shape in the first argument; `starts` are the prefixes of the layers in the spec.
    """

    source: Source
    text: str
    input: TypedInput
    starts: tuple[str, ...]

    @property
    def spec_source(self) -> Source:
        """The text of the generated spec."""
        return Source(self.source.name, self.text)

    def pointed(self, error: SpecError) -> SpecError:
        """An error of the spec with places in the typed arguments."""
        problems = [_moved(self._hinted(problem), self.starts) for problem in error.problems]
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
    input: str, layers: tuple[str, ...], layout: Layout | None = None, unknown: tuple[str, ...] = ()
) -> Typed:
    """The spec for typed arguments; `unknown` are the variables in them. Raises SpecError."""
    source = _source(input, layers)
    return _typed(source, _input(source, input, layout), layers, unknown)


def _source(input: str, layers: tuple[str, ...]) -> Source:
    return Source("the arguments", "\n".join(map(flat, (input, *layers))))


def _typed(source: Source, found: TypedInput, layers: tuple[str, ...], unknown: tuple[str, ...]) -> Typed:
    lines = [flat(layer) for layer in layers] or ["identity"]
    starts = _starts(source, lines)
    return Typed(source, _text(found, lines, starts, unknown), found, tuple(starts))


def typed_spec(input: str, *layers: str, layout: Layout | None = None) -> Spec:
    """The network for typed arguments; raises SpecError with places in the arguments."""
    return _spec(typed(input, layers, layout))


def spec_behind(shape: Shape, *layers: str) -> Spec:
    """The network for typed layers after an input of a known shape; raises SpecError likewise."""
    source = _source(str(shape), layers)
    return _spec(_typed(source, TypedInput(shape, "chw", ""), layers, ()))


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


def _input(source: Source, text: str, layout: Layout | None) -> TypedInput:
    try:
        return typed_input(text, layout)
    except ShapeError as error:
        place = Place(1, error.offset + 1, max(error.width, 1))
        raise SpecError([Problem("bad-input", error.message, place, error.hint)], source) from None


def _starts(source: Source, lines: list[str]) -> list[str]:
    """The prefix of each argument: with an opening brace, unless it is a plain word or has braces."""
    starts, problems = [], []
    for number, line in enumerate(lines, 2):
        start = BARE if line.lstrip().startswith("{") or ":" not in line else WRAPPED
        starts.append(start)
        text = line + "}" if start == WRAPPED else line
        lead = "{" if start == WRAPPED else ""
        try:
            problem = _not_a_layer(read(Source("", lead + text)), line)
        except SpecError as error:
            problem = structs.replace(error.problems[0], layer="")
        if problem:
            problems.append(_at(problem, number, len(lead), len(line)))
    if problems:
        raise SpecError(problems, source)
    return starts


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


def _text(found: TypedInput, lines: list[str], starts: list[str], unknown: tuple[str, ...]) -> str:
    """The spec: each argument on the line of its number, so that places match; other sections below."""
    closed = (
        start + line.rstrip() + ("}" if start == WRAPPED else "")
        for start, line in zip(starts, lines, strict=True)
    )
    dims = list(found.shape.dims(found.layout))
    shape = "×".join(map(str, dims))
    note = [f"note: 'input read as {shape}: {found.why}'"] if found.why else []
    values = [f"vars: {{{', '.join(f'{name}: 1' for name in unknown)}}}"] if unknown else []
    below = ["cnncalc: 1", "name: calc", f"layout: {found.layout}", f"input: {dims}", *note, *values]
    return "\n".join(["layers:", *closed, *below, ""])


def _pointing(spec: Spec, given: Typed) -> Spec:
    """The spec with all places moved into the arguments."""
    nodes = tuple(
        structs.replace(node, place=_place(node.place, given.starts)) if node.place.line > 0 else node
        for node in spec.graph.nodes
    )
    return structs.replace(
        spec,
        graph=structs.replace(spec.graph, nodes=nodes),
        findings=tuple(_moved(problem, given.starts) for problem in spec.findings),
        document=structs.replace(spec.document, source=given.source),
    )


def _moved(problem: Problem, starts: tuple[str, ...]) -> Problem:
    if problem.place is None:
        return problem
    return structs.replace(problem, place=_place(problem.place, starts))


def _place(place: Place, starts: tuple[str, ...]) -> Place:
    """A place in the spec moved into the arguments; places below them point at the input."""
    if not 2 <= place.line < len(starts) + 2:
        return Place(1, 1)
    return structs.replace(place, column=max(place.column - len(starts[place.line - 2]), 1))
