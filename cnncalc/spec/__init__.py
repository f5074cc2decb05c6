"""Reads the text of a spec and builds its network."""

import json
from bisect import bisect_right
from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path

from msgspec import Struct, structs

from cnncalc.expression import Value
from cnncalc.graph import Graph
from cnncalc.layers.dialects import Dialect
from cnncalc.printed import Shown
from cnncalc.problems import Findings, Problem, Source, SpecError, TooManyErrorsError, printable
from cnncalc.shapes import Layout, listed
from cnncalc.spec.arguments import from_text, variables
from cnncalc.spec.builder import MAX_LAYERS, Builder
from cnncalc.spec.claims import Claim, Limit
from cnncalc.spec.document import Document, document
from cnncalc.spec.files import decode, find, read_file
from cnncalc.spec.opening import input_shapes
from cnncalc.spec.reader import Mapping as YamlMapping
from cnncalc.spec.reader import read
from cnncalc.spec.statements import LayerList

__all__ = [
    "MAX_LAYERS",
    "Claim",
    "Counted",
    "Limit",
    "Shapes",
    "Spec",
    "SpecLike",
    "as_spec",
    "before_error",
    "decode",
    "load",
    "load_source",
    "rebuilt",
]

Settings = Mapping[str, int | float | bool | str]

Shapes = str | Mapping[str, str]
"""A shape such as `"3x320x320"` that replaces the spec's input, or one for each of several inputs by name."""


class Spec(Shown, Struct, frozen=True):
    """A spec that has been read and built without an error.

    Attributes:
        name: the network's name; default: the file's.
        origin: the spec's `source`, such as a paper.
        graph: the network with all shapes.
        claims: the expected values from `expect`, inline or at the top level.
        limits: the budgets.
        changed: whether variables or the input were overridden, so that expected values may differ.
        findings: warnings and notes from reading; errors raise SpecError instead.
        document: the spec as written.
        values, typed_input: what overrides its variables and its input.
    """

    name: str
    origin: str
    graph: Graph
    claims: tuple[Claim, ...]
    limits: tuple[Limit, ...]
    changed: bool
    findings: tuple[Problem, ...]
    document: Document
    values: Mapping[str, Value]
    typed_input: Shapes | None

    def __repr__(self) -> str:
        shapes = listed({node.name: node.shape for node in self.graph.inputs}, self.layout)
        return f"<Spec {self.name}: input {shapes}, layers {len(self.graph.layers):,}>"

    @property
    def source(self) -> Source:
        """The text that the findings' places point into."""
        return self.document.source

    @property
    def layout(self) -> Layout:
        """The order in which the spec writes shapes."""
        return self.document.layout


SpecLike = Spec | str | PathLike[str] | Mapping[str, object]
"""A spec, or anything that `load` takes."""


def as_spec(source: SpecLike) -> Spec:
    """Returns a spec unchanged and loads anything else.

    Raises:
        SpecError: the spec has errors; the exception contains all of them.
        TypeError: `source` is not a path, name, text, dict or spec.
    """
    return source if isinstance(source, Spec) else load(source)


def load(
    source: str | PathLike[str] | Mapping[str, object],
    *,
    set: Settings | None = None,
    input: Shapes | None = None,
    max_layers: int = MAX_LAYERS,
) -> Spec:
    """Reads a spec from a path, a bundled spec's name, YAML text or a dict.

    Args:
        source: `"specs/vgg16.yaml"`, `"vgg16"`, `"main:specs/vgg16.yaml"` (a git revision), YAML
            text (anything with a line break), or a dict with the same structure.
        set: values that override the spec's `vars`.
        input: a shape that overrides the spec's input, such as `"3x320x320"`, in the spec's layout; with
            several inputs, a dict of their names and shapes.
        max_layers: maximum number of layers after blocks are expanded.

    Raises:
        SpecError: the spec has errors; the exception contains all of them.
        UnreadableError: the file cannot be read as text.
        TypeError: `source` has another type.

    >>> lenet = load("lenet5")
    >>> lenet.name, len(lenet.graph.layers)
    ('LeNet-5', 12)
    """
    return load_source(_source_of(source), set=set, input=input, max_layers=max_layers)


def _source_of(source: object) -> Source:
    """The text of a spec, whatever form it is given in; raises SpecError or TypeError."""
    if isinstance(source, Mapping):
        try:
            return Source("<dict>", json.dumps(dict(source), indent=1))  # JSON is YAML
        except TypeError as error:
            raise TypeError(f"a spec may hold only dicts, lists, text and numbers: {error}") from None
    if isinstance(source, str) and "\n" in source:
        return decode(source.encode(errors="surrogatepass"), "<text>")
    if isinstance(source, str | PathLike):
        return _text_of(Path(fspath(source)))
    raise TypeError(
        "expected a spec: a path, a bundled name, YAML text, a dict, or what load() returns; "
        f"found {type(source).__name__}"
    )


def _text_of(name: str | Path) -> Source:
    """The text of a file, of a file in a git revision, or of a bundled spec."""
    if ":" in str(name):
        from cnncalc.spec.revisions import names_revision, read_revision  # imports subprocess

        if names_revision(str(name)):
            return read_revision(str(name))
    return read_file(find(name))


def load_source(
    source: Source,
    *,
    set: Settings | None = None,
    input: Shapes | None = None,
    max_layers: int = MAX_LAYERS,
) -> Spec:
    """Like `load`, from text that was already read."""
    parsed, findings = _parsed(source)
    return _build(parsed, findings, _values(set), input, max_layers)


def parsed_source(source: Source) -> Document:
    """A spec as written, for `built`; raises SpecError if its structure is wrong."""
    parsed, findings = _parsed(source)
    if findings.has_errors:
        raise SpecError(findings.sorted(), source)
    return parsed


def _parsed(source: Source) -> tuple[Document, Findings]:
    findings = Findings()
    with findings.bounded(source):
        parsed = document(read(source, report=findings.add), source, findings)
    if parsed is None:
        raise SpecError(findings.sorted(), source)
    return parsed, findings


def built(parsed: Document, values: Mapping[str, Value], input: Shapes | None = None) -> Spec:
    """Builds a document with other values of its variables; raises SpecError like `load`."""
    return _build(parsed, Findings(), values, input, MAX_LAYERS)


class Counted(Struct, frozen=True):
    """The layers before the first error of a spec: `done` of `all` items in its list of layers."""

    spec: Spec
    done: int
    all: int


MOST_BEFORE = 1000
"""The most layers to build of a network that has an error."""


def before_error(
    error: SpecError, set: Settings | None = None, input: Shapes | None = None
) -> Counted | None:
    """The network of the layers above the first error in a list of layers; None if there are none.

    What refers to other layers (`outputs`, `expect`, `budget`, `freeze`) is left out.
    """
    source, findings = error.source, Findings()
    try:
        root = read(source)
        parsed = document(root, source, findings)
    except (SpecError, TooManyErrorsError):
        return None
    lines = [problem.place.line for problem in error.problems if problem.place and problem.level == "error"]
    if parsed is None or not isinstance(root, YamlMapping) or not lines:
        return None
    statements = parsed.layers.statements
    starts = [statement.place.line for statement in statements]
    done = max(bisect_right(starts, min(lines)) - 1, 0)
    is_below = any(starts and starts[-1] < key.line <= min(lines) for key, _ in root.entries)
    if not done or is_below:
        return None
    layers = LayerList(statements[:done], parsed.layers.names[:done])
    short = structs.replace(
        parsed, layers=layers, outputs=(), auxiliary=(), freeze=(), expect=None, budget=()
    )
    try:
        return Counted(_build(short, Findings(), _values(set), input, MOST_BEFORE), done, len(statements))
    except SpecError:
        return None


def rebuilt(
    spec: Spec,
    set: Settings | None,
    input: Shapes | None,
    max_layers: int = MAX_LAYERS,
) -> Spec:
    """The same spec with other variables or another input; raises SpecError like `load`."""
    return _build(spec.document, Findings(), _values(set), input, max_layers)


def in_dialect(spec: Spec, dialect: Dialect) -> Spec:
    """The same spec in another dialect; raises SpecError like `load`."""
    document = structs.replace(spec.document, dialect=dialect)
    return _build(document, Findings(), spec.values, spec.typed_input, MAX_LAYERS)


def _build(
    parsed: Document,
    findings: Findings,
    values: Mapping[str, Value],
    input: Shapes | None,
    max_layers: int,
) -> Spec:
    given = _shapes(input)
    changed = bool(values) or bool(given)
    with findings.bounded(parsed.source):
        root = variables(parsed, dict(values), findings)
        shapes = input_shapes(parsed, given, root, findings)
        builder = Builder(parsed, root, findings, max_layers, not changed)
        graph = builder.build(shapes)
    if graph is None:
        problems = findings.sorted()
        if not any(problem.level == "error" for problem in problems):
            raise RuntimeError("the network could not be built, but no error was reported")
        raise SpecError(problems, parsed.source)
    return Spec(
        name=parsed.name or printable(Path(parsed.source.name).stem),
        origin=parsed.origin,
        graph=graph,
        claims=tuple(builder.claims),
        limits=tuple(builder.limits),
        changed=changed,
        findings=tuple(findings.sorted()),
        document=parsed,
        values=values,
        typed_input=input,
    )


def _shapes(input: Shapes | None) -> Mapping[str, str]:
    """Shapes by the name of their input, which is empty for the only one."""
    if input is None or isinstance(input, str):
        return {} if input is None else {"": input}
    if not isinstance(input, Mapping) or not all(isinstance(shape, str) for shape in input.values()):
        wanted = "a shape such as '3x320x320', or a dict such as {'image': '3x320x320'}"
        raise TypeError(f"input: expected {wanted}; found {type(input).__name__}")
    return input


def _values(set: Settings | None) -> dict[str, Value]:
    if set is not None and not isinstance(set, Mapping):
        raise TypeError(f"set: expected a dict such as {{'width': 32}}; found {type(set).__name__}")
    return {name: _value(given) for name, given in (set or {}).items()}


def _value(given: int | float | bool | str) -> Value:
    if isinstance(given, str):
        return from_text(given)
    return from_text(repr(given)) if isinstance(given, float) else given
