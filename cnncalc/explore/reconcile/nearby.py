"""Networks similar to the written one: other input sizes, other variables, without unused layers."""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report, Row, running
from cnncalc.expression import Value
from cnncalc.problems import Findings, SpecError
from cnncalc.spec import Spec
from cnncalc.spec.arguments import variables

SIZES = (28, 32, 64, 96, 128, 160, 192, 224, 227, 229, 256, 299, 320, 384, 448, 512)
"""Common image sizes."""
WITHIN = 3
"""Largest ratio between the sizes tried and the written one."""
CLASSES = (10, 100, 1000, 1001)
"""Common numbers of classes, for variables of that name; 1001 includes the background."""
MULTIPLIERS = tuple(map(Fraction, ("0.25", "0.35", "0.5", "0.75", "1", "1.25", "1.3", "1.4", "1.5", "2")))
"""Common multipliers, for variables such as a width of 1.0."""

AUXILIARY, UNUSED_LAYERS, INPUT, VARIABLE = 1, 1, 3, 4
"""Steps added by each kind of change."""


class Nearby(Struct, frozen=True):
    """A similar network: its difference from the written one, its steps, and its layers."""

    change: str
    steps: int
    report: Report
    rows: tuple[Row, ...]


def nearby(spec: Spec) -> Iterator[Nearby]:
    """The network as written and similar ones, each also with auxiliary heads and without unused layers."""
    yield from _and_without_unused_layers("", 0, analyze(spec))
    for size in _sizes(spec):
        yield from _changed(spec, INPUT, "with input " + size.replace("x", "×"), input=size)
    for name, value in _variables(spec):
        yield from _changed(spec, VARIABLE, f"with {name}={value}", set={name: value})


def _changed(
    spec: Spec, steps: int, change: str, set: dict[str, str] | None = None, input: str | None = None
) -> Iterator[Nearby]:
    try:
        report = analyze(spec, set=set, input=input)
    except SpecError:
        return
    yield from _and_without_unused_layers(change, steps, report)


def _and_without_unused_layers(change: str, steps: int, report: Report) -> Iterator[Nearby]:
    yield Nearby(change, steps, report, tuple(running(report.layers)))
    if report.heads:
        more = "with auxiliary heads"
        yield Nearby(f"{change}, {more}" if change else more, steps + AUXILIARY, report, report.layers)
    needed = leading_to_output(report)
    rows = tuple(row for row in report.layers if row.name in needed)
    unused = len(report.unused)
    if unused:
        less = f"without {unused} unused layer{'s' * (unused > 1)}"
        yield Nearby(f"{change}, {less}" if change else less, steps + UNUSED_LAYERS, report, rows)


def leading_to_output(report: Report) -> set[str]:
    """The layers that an output depends on, without auxiliary classifiers."""
    needed = {row.name for row in report.outputs.values()}
    for row in reversed(report.layers):
        if row.name in needed:
            needed.update(row.inputs)
    return needed


def _sizes(spec: Spec) -> Iterator[str]:
    """Other image inputs, as `--input` takes them."""
    written = spec.graph.nodes[0].shape
    if written.rank != 2:
        return
    for size in SIZES:
        if written.spatial != (size, size) and size <= WITHIN * max(written.spatial) <= WITHIN**2 * size:
            dims = (size, size, written.channels) if spec.layout == "hwc" else (written.channels, size, size)
            yield "x".join(map(str, dims))


def _variables(spec: Spec) -> Iterator[tuple[str, str]]:
    """Other values for each variable, as `--set` takes them."""
    values = variables(spec.document, {}, Findings()).values
    for name, value in values.items():
        for other in alternatives(name, value):
            if other != value:
                yield name, _written(other)


def alternatives(name: str, value: Value) -> list[Value]:
    """Alternative values of a variable: the opposite, a common value, or a similar number."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, Fraction) or value == 1:
        return [each.numerator if each.denominator == 1 else each for each in MULTIPLIERS]
    if not isinstance(value, int):
        return []
    if "class" in name:
        return [*CLASSES]
    return [value - 1, value + 1, value // 2, 2 * value] if value > 1 else [value + 1]


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(float(value)) if isinstance(value, Fraction) else str(value)
