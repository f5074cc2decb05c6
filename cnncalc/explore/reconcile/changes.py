"""Changes of a network that a published number may be about: input, classes, variables, kernels."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.explore.reconcile.inputs import area, other_inputs, written_as
from cnncalc.expression import Value
from cnncalc.layers import find_kind
from cnncalc.problems import Findings, Source, SpecError
from cnncalc.shapes import Shape
from cnncalc.spec import Spec, built, parsed_source
from cnncalc.spec.arguments import from_text, variables
from cnncalc.spec.nodes import Mapping, Node, Scalar, Sequence
from cnncalc.spec.reader import read
from cnncalc.spec.vocabulary import canonical

CLASSES = (10, 21, 80, 91, 100, 101, 365, 400, 1000, 1001, 21841)
"""Common numbers of classes: CIFAR, Pascal VOC and COCO with and without background, Food-101 and UCF-101,
Places365, Kinetics, ImageNet, ImageNet with background, ImageNet-21k."""
MORE_CLASSES = (2, 5, 6, 19, 20, 81, 90, 150, 174, 200, 600, 700)
"""Also used: ADE20K, Something-Something, Cityscapes, Kinetics-600 and -700 …"""
MULTIPLIERS = tuple(
    map(
        Fraction,
        [
            "0.25",
            "0.35",
            "0.5",
            "0.75",
            "1",
            "1.1",
            "1.2",
            "1.25",
            "1.3",
            "1.4",
            "1.5",
            "1.6",
            "1.8",
            "2",
            "2.2",
            "2.6",
            "3.1",
        ],
    )
)
"""Common multipliers, for variables such as a width of 1.0."""
COMPOUNDS = (
    *(("1.0", "1.1", 240), ("1.1", "1.2", 260), ("1.2", "1.4", 300), ("1.4", "1.8", 380)),
    *(("1.6", "2.2", 456), ("1.8", "2.6", 528), ("2.0", "3.1", 600)),
)
"""Width, depth and input of EfficientNet-B1 to B7 (Tan & Le 2019; the authors' efficientnet_builder.py)."""
ODD = (1, 3, 5, 7, 9, 11)

FEW_CLASSES, VARIABLE, KERNEL = 3, 4, 4
"""Steps of other classes, of another value of a variable, and of another kernel."""
EVEN_SLACK, SLACK = 0.04, 0.12
"""How far multiply-adds may differ from the estimate that they grow like the positions of the input."""
MOST_PLACES = 40
"""Kernels and classes of a spec that are changed, one at a time."""


class Edit(Struct, frozen=True):
    """A value of the spec's text to replace."""

    scalar: Scalar
    text: str


class OneChange(Struct, frozen=True):
    """One difference from the written network.

    Two changes with the same `subject` exclude each other. `area` is the ratio of the inputs' positions,
    `number` the number of classes, and `slack` how far an estimate from these may be off.
    """

    title: str
    steps: int
    subject: str
    set: tuple[tuple[str, str], ...] = ()
    input: tuple[tuple[str, str], ...] = ()
    edits: tuple[Edit, ...] = ()
    area: Fraction = Fraction(1)
    number: int = 0
    slack: float = 0.0

    @property
    def is_size(self) -> bool:
        """Whether it only changes the positions of the input."""
        return bool(self.input) and not self.set and self.area != 1


def titled(changes: tuple[OneChange, ...]) -> str:
    """`with input 3×240×240 and depth=1.1`."""
    return "with " + " and ".join(change.title for change in changes)


def changed(spec: Spec, changes: tuple[OneChange, ...]) -> Report | None:
    """The network with changes; None if it is invalid."""
    settings = {name: value for change in changes for name, value in change.set}
    shapes = {name: text for change in changes for name, text in change.input}
    edits = [edit for change in changes for edit in change.edits]
    try:
        parsed = parsed_source(_edited(spec.document.source, edits)) if edits else spec.document
        values = {**spec.values, **{name: from_text(value) for name, value in settings.items()}}
        return analyze(built(parsed, values, shapes or spec.typed_input))
    except SpecError:
        return None


def _edited(source: Source, edits: list[Edit]) -> Source:
    """The text with some values replaced, the last first so that places stay valid."""
    lines = source.text.split("\n")
    for edit in sorted(edits, key=lambda edit: (edit.scalar.line, edit.scalar.column), reverse=True):
        line, start = lines[edit.scalar.line - 1], edit.scalar.column - 1
        lines[edit.scalar.line - 1] = line[:start] + edit.text + line[start + edit.scalar.width :]
    return replace(source, text="\n".join(lines))


def single_changes(spec: Spec) -> Iterator[OneChange]:
    """Every single change, the most usual first."""
    found = [*_inputs(spec), *_variables(spec), *_compounds(spec), *_written_values(spec)]
    yield from sorted(found, key=lambda change: change.steps)


def _inputs(spec: Spec) -> Iterator[OneChange]:
    """Other inputs; of several, those with positions change together."""
    nodes = [node for node in spec.graph.inputs if node.shape.rank]
    if not nodes:
        return
    for shape, steps in other_inputs(nodes[0].shape):
        shapes = [_alike(node.shape, nodes[0].shape, shape) for node in nodes]
        texts = [written_as(each, spec.layout) for each in shapes]
        yield OneChange(
            f"input {texts[0].replace('x', '×')}",
            steps,
            "input",
            input=tuple((node.name, text) for node, text in zip(nodes, texts, strict=True)),
            area=area(shape, nodes[0].shape),
            slack=EVEN_SLACK if _is_even(shape) and _is_even(nodes[0].shape) else SLACK,
        )


def _is_even(shape: Shape) -> bool:
    """Whether usual strides divide all sizes, so that multiply-adds grow just like the positions."""
    return all(size % 16 == 0 for size in shape.spatial)


def _alike(shape: Shape, first: Shape, changed_first: Shape) -> Shape:
    """Another input, changed like the first: the same axes to the same sizes, or in the same ratio."""
    if shape.rank != first.rank:
        return shape
    axes = zip(shape.spatial, first.spatial, changed_first.spatial, strict=True)
    sizes = (new if own == old else max(1, own * new // old) for own, old, new in axes)
    channels = changed_first.channels if shape.channels == first.channels else shape.channels
    return Shape(channels, tuple(sizes))


def _variables(spec: Spec) -> Iterator[OneChange]:
    """Other values for each variable, as `--set` takes them."""
    values = variables(spec.document, dict(spec.values), Findings()).values
    for name, value in values.items():
        steps = FEW_CLASSES if _is_classes(name) else VARIABLE
        for at, other in enumerate(dict.fromkeys(alternatives(name, value))):
            if other != value:
                written = _written(other)
                is_rare = _is_classes(name) and at >= len(CLASSES)
                number = other if _is_classes(name) and isinstance(other, int) else 0
                yield OneChange(
                    f"{name}={written}", steps + is_rare, name, set=((name, written),), number=number
                )


def _compounds(spec: Spec) -> Iterator[OneChange]:
    """The width, depth and input that scaled networks change together."""
    values = variables(spec.document, dict(spec.values), Findings()).values
    shape = spec.graph.nodes[0].shape
    if values.get("width") != 1 or values.get("depth") != 1 or shape.rank != 2:
        return
    for width, depth, size in COMPOUNDS:
        settings = tuple((name, text) for name, text in (("width", width), ("depth", depth)) if text != "1.0")
        text = written_as(Shape(shape.channels, (size, size)), spec.layout)
        title = " and ".join(
            (f"input {text.replace('x', '×')}", *(f"{name}={value}" for name, value in settings))
        )
        yield OneChange(
            title, VARIABLE, "width, depth and input", settings, ((spec.graph.nodes[0].name, text),)
        )


def _is_classes(name: str) -> bool:
    return "class" in name or name in ("labels", "categories")


def alternatives(name: str, value: Value) -> list[Value]:
    """Alternative values of a variable: the opposite, a common value, or a similar number."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, Fraction) or value == 1:
        return [each.numerator if each.denominator == 1 else each for each in MULTIPLIERS]
    if not isinstance(value, int):
        return []
    if _is_classes(name):
        return [*CLASSES, *MORE_CLASSES]
    if value < 1:
        return [value + 1]
    near = [value - 1, value + 1, value - 2, value + 2, value // 2, 2 * value]
    is_kernel = "kernel" in name or name in ("k", "ks")
    return [each for each in ([*near, *ODD] if is_kernel else near) if each > 0]


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(float(value)) if isinstance(value, Fraction) else str(value)


def _written_values(spec: Spec) -> Iterator[OneChange]:
    """Other kernels for layers whose kernel is a number in the spec, and other classes for its last layer."""
    try:
        root = read(spec.document.source)
    except SpecError:
        return
    if not isinstance(root, Mapping):
        return
    places = 0
    for section in ("blocks", "layers"):
        for item in _mappings(root.get(section)):
            changes = list(_kernels(item))
            places += bool(changes)
            if places <= MOST_PLACES:
                yield from changes
    yield from _last_classes(root.get("layers"))


def _mappings(node: Node | None) -> Iterator[Mapping]:
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _mappings(item)
    elif isinstance(node, Mapping):
        yield node
        for _, value in node.entries:
            yield from _mappings(value)


def _kernels(item: Mapping) -> Iterator[OneChange]:
    """Other kernels of one item with weights; `padding` follows if it keeps the size."""
    if not item.entries:
        return
    kind = find_kind(item.entries[0][0].text)
    if kind is None or not kind.has_neurons:
        return
    options = {canonical(key.text): value for key, value in item.entries}
    if kind.main == "kernel":
        options["kernel"] = item.entries[0][1]
    kernel, padding = _numbers(options.get("kernel")), _numbers(options.get("padding"))
    name = _numbers_name(item)
    for size in dict.fromkeys(number for number, _ in kernel if number > 1 or len(kernel) == 1):
        for other in dict.fromkeys((size - 1, size + 1, size - 2, size + 2, *ODD)):
            if other < 1 or other == size:
                continue
            edits = [Edit(scalar, str(other)) for number, scalar in kernel if number == size]
            if size > 1 and size % 2:
                edits += [Edit(scalar, str(other // 2)) for number, scalar in padding if number == size // 2]
            title = f"kernel {other} instead of {size} in line {item.line}{name}"
            steps = KERNEL + (other % 2 == 0)
            yield OneChange(title, steps, f"line {item.line} column {item.column}", edits=tuple(edits))


def _numbers(node: Node | None) -> list[tuple[int, Scalar]]:
    """The whole numbers of a value or list."""
    nodes = node.items if isinstance(node, Sequence) else () if node is None else (node,)
    return [
        (int(each.text), each)
        for each in nodes
        if isinstance(each, Scalar)
        and each.plain
        and each.text.isascii()
        and each.text.isdecimal()
        and len(each.text) < 4
    ]


def _numbers_name(item: Mapping) -> str:
    name = item.get("name")
    return f" ({name.text})" if isinstance(name, Scalar) else ""


def _last_classes(layers: Node | None) -> Iterator[OneChange]:
    """Other numbers of outputs for the last layer with neurons, if it is written as a number."""
    if not isinstance(layers, Sequence):
        return
    for item in reversed(layers.items):
        if not isinstance(item, Mapping) or not item.entries:
            continue
        key, value = item.entries[0]
        kind = find_kind(key.text)
        if kind is None:
            return
        if kind.has_neurons:
            if kind.main in ("filters", "units"):
                for number, scalar in _numbers_of_classes(value):
                    for at, other in enumerate((*CLASSES, *MORE_CLASSES)):
                        if other != number:
                            steps = FEW_CLASSES + 1 + (at >= len(CLASSES))
                            edit = Edit(scalar, str(other))
                            title = f"{other} outputs instead of {number}"
                            yield OneChange(title, steps, "outputs", edits=(edit,), number=other)
            return


def _numbers_of_classes(value: Node) -> list[tuple[int, Scalar]]:
    if isinstance(value, Scalar) and value.plain and value.text.isascii() and value.text.isdecimal():
        return [(int(value.text), value)] if len(value.text) < 7 else []
    return []
