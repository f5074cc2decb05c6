"""Random variants of a network with other filters, kernels, strides and sizes.

The numbers are replaced in the spec's own text, so a variant is an ordinary spec: it can be written to a
file, shown and graded.
"""

import random
import re
from collections.abc import Iterator

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.graph import Node as GraphNode
from cnncalc.homework.quantities import windows_of
from cnncalc.layers import Layer
from cnncalc.layers.sliding import does_not_fit
from cnncalc.problems import Place, Source, SpecError
from cnncalc.shapes import Shape
from cnncalc.spec import Spec, load_source
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.statements import LayerList
from cnncalc.spec.values import sizes
from cnncalc.window import Window

TRIES = 300
"""Number of attempts; later ones change fewer numbers and accept strides that do not divide evenly."""
WITHIN = 6
"""Largest ratio of parameters between a variant and the network, in either direction."""
DEPTHS = (
    4,
    6,
    8,
    10,
    12,
    16,
    20,
    24,
    32,
    40,
    48,
    64,
    80,
    96,
    120,
    128,
    160,
    192,
    256,
    320,
    384,
    512,
    768,
    1024,
)
UNITS = (
    10,
    12,
    15,
    16,
    20,
    24,
    32,
    40,
    50,
    64,
    80,
    84,
    100,
    120,
    128,
    200,
    256,
    300,
    400,
    500,
    512,
    800,
    1000,
    1024,
    2048,
    4096,
)
OMITTED_SECTIONS = ("expect", "budget")
"""Sections about the network as written, which a variant omits."""


class Variation(Struct, frozen=True):
    """A number in the text, and its possible replacements."""

    scalar: Scalar
    choices: tuple[str, ...]


def variant(spec: Spec, seed: int) -> Spec:
    """The variant of a seed, always the same one.

    Raises:
        ValueError: no variant was found.

    >>> from cnncalc.spec import load
    >>> variant(load("lenet5"), 3).document.source.text == variant(load("lenet5"), 3).document.source.text
    True
    """
    source = spec.document.source
    changes = list(_changes(spec))
    drawing = random.Random(f"{source.text}\n{seed}")
    for attempt in range(TRIES):
        often = max(0.15, 1 - attempt / TRIES)
        chosen = {
            change.scalar.place: drawing.choice(change.choices)
            for change in changes
            if drawing.random() < often
        }
        text = _titled(_without_claims(_replaced(source.text, changes, chosen)), spec, seed)
        found = _built(Source(source.name, text))
        if found is not None and text != source.text and _is_like(found, spec, attempt < TRIES // 2):
            return found
    raise ValueError("no variant found; the spec needs layers with plain numbers that can be changed")


def _built(source: Source) -> Spec | None:
    try:
        return load_source(source)
    except SpecError:
        return None


def _is_like(found: Spec, spec: Spec, must_fit: bool) -> bool:
    """Whether a variant has as many layers, a similar number of parameters, and no maps of size 1."""
    old, new = spec.graph.nodes, found.graph.nodes
    if len(old) != len(new) or all(
        a.shape == b.shape and a.layer == b.layer for a, b in zip(old, new, strict=True)
    ):
        return False
    for before, after in zip(old, new, strict=True):
        if any(size < 2 <= was for was, size in zip(before.shape.spatial, after.shape.spatial, strict=False)):
            return False
        if must_fit and _is_uneven(after.layer, after.reads) and not _is_uneven(before.layer, before.reads):
            return False
        if _skips(after) and not _skips(before):
            return False
    many, few = analyze(spec).totals.params.total, analyze(found).totals.params.total
    return few <= WITHIN * many and many <= WITHIN * few


def _skips(node: GraphNode) -> bool:
    """Whether a layer's windows skip inputs between them."""
    windows = windows_of(node.layer, node.reads)
    return any(each.kernel < each.stride for each in windows if isinstance(each, Window))


def _is_uneven(layer: Layer, reads: tuple[Shape, ...]) -> bool:
    windows = tuple(each for each in windows_of(layer, reads) if isinstance(each, Window))
    return bool(windows and does_not_fit(reads[0], windows))


def _changes(spec: Spec) -> Iterator[Variation]:
    """The numbers of a spec that can be changed, each place once."""
    document = spec.document
    known: set[object] = set()
    widths = _widths(document.variables)
    for change in (*_of_input(document.input, spec), *_of_layers(document.layers), *widths):
        if change.scalar.place not in known and change.choices:
            known.add(change.scalar.place)
            yield change


def _of_input(node: Node | None, spec: Spec) -> Iterator[Variation]:
    spatial = spec.graph.nodes[0].shape.spatial
    if not spatial or len(set(spatial)) > 1:
        return
    size = spatial[0]
    step = 1 if size < 16 else 2
    others = [
        str(n) for n in range(max(size - 12 * step, size // 2, 4), size + 12 * step + 1, step) if n != size
    ]
    if isinstance(node, Mapping):
        scalars = [
            value for key, value in node.entries if key.text not in ("channels", "depth") or len(spatial) > 2
        ]
        yield from _together([value for value in scalars if isinstance(value, Scalar)], size, others)
    elif isinstance(node, Sequence):
        yield from _together([item for item in node.items if isinstance(item, Scalar)], size, others)
    elif isinstance(node, Scalar) and (dims := sizes(node.text)):
        texts = ("x".join(other if n == size else str(n) for n in dims) for other in others)
        yield Variation(node, tuple(texts))


def _together(scalars: list[Scalar], size: int, others: list[str]) -> Iterator[Variation]:
    """Equal sizes stay equal: the first is drawn, the others follow it."""
    same = [scalar for scalar in scalars if scalar.text == str(size)]
    if same and len(same) == 1:
        yield Variation(same[0], tuple(others))
    elif same:
        yield Variation(same[0], tuple(others))
        for scalar in same[1:]:
            yield Variation(scalar, FOLLOW)


FOLLOW = ("=",)
"""Follows the first size of the input."""


def _of_layers(layers: LayerList) -> Iterator[Variation]:
    """The plain numbers of layers and the widths passed to blocks; numbers inside blocks stay."""
    for statement in layers.statements:
        if statement.kind is None:
            yield from _widths(statement.arguments)
        elif not statement.joins:
            kernel = statement.arguments.get("kernel")
            for option, node in statement.arguments.items():
                if isinstance(node, Scalar) and node.text.isdecimal():
                    yield Variation(node, _choices(option, int(node.text), kernel))


def _widths(values: dict[str, Node]) -> Iterator[Variation]:
    """Named numbers that are large enough to be widths."""
    for name, node in values.items():
        if isinstance(node, Scalar) and node.text.isdecimal() and int(node.text) >= DEPTHS[0]:
            option = "units" if "class" in name else "filters"
            yield Variation(node, _choices(option, int(node.text), None))


def _choices(option: str, value: int, kernel: Node | None) -> tuple[str, ...]:
    """Other values of an option."""
    if option in ("filters", "units"):
        known = DEPTHS if option == "filters" else UNITS
        return tuple(str(n) for n in known if value <= 2 * n <= 4 * value and n != value)
    if option == "kernel":
        near = (value - 2, value, value + 2) if value % 2 else (value, value + 1)
        return tuple(str(n) for n in near if n > 1 or value == 1)
    if option == "stride":
        return tuple(map(str, (1, 2) if value == 1 else range(max(2, value - 1), value + 2)))
    if option == "padding":
        half = int(kernel.text) // 2 if isinstance(kernel, Scalar) and kernel.text.isdecimal() else 1
        return tuple(str(n) for n in sorted({0, 1, value, half}))
    return ()


def _replaced(text: str, changes: list[Variation], chosen: dict[Place, str]) -> str:
    """The text with the chosen numbers replaced."""
    lines = text.split("\n")
    size = chosen.get(changes[0].scalar.place, "") if changes else ""
    replacements = []
    for change in changes:
        new = size if change.choices is FOLLOW else chosen.get(change.scalar.place, "")
        if new:
            replacements.append((change.scalar, new))
    for scalar, new in sorted(replacements, key=lambda each: (each[0].line, each[0].column), reverse=True):
        line = lines[scalar.line - 1]
        start = scalar.column - 1 + scalar.shift
        lines[scalar.line - 1] = line[:start] + new + line[start + len(scalar.text) :]
    return "\n".join(lines)


def _without_claims(text: str) -> str:
    """The text without the sections about the network as written."""
    kept, inside = [], False
    for line in text.split("\n"):
        if line and not line[0].isspace() and line[0] not in "#}-":
            inside = line.partition(":")[0] in OMITTED_SECTIONS
        if not inside:
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def _titled(text: str, spec: Spec, seed: int) -> str:
    """The text with the variant's name and without the source."""
    title = f"name: {spec.name}, variant {seed}".replace("#", "")
    text = re.sub(r"(?m)^source:.*\n", "", text)
    if re.search(r"(?m)^name:", text):
        return re.sub(r"(?m)^name:.*$", lambda _: title, text, count=1)
    return re.sub(r"(?m)^(cnncalc:.*)$", lambda found: f"{found[1]}\n{title}", text, count=1)
