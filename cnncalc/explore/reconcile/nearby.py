"""The parts of a network that a number may be about: with auxiliary heads, without unused layers."""

from collections.abc import Iterator

from msgspec import Struct

from cnncalc.analysis.report import Report, Row, running

AUXILIARY, UNUSED_LAYERS = 1, 1
"""Steps added with auxiliary heads, and without unused layers."""


class Nearby(Struct, frozen=True):
    """A similar network: its difference from the written one, its steps, and its layers."""

    change: str
    steps: int
    report: Report
    rows: tuple[Row, ...]


def with_and_without(change: str, steps: int, report: Report) -> Iterator[Nearby]:
    """A network, with its auxiliary heads, and without its unused layers."""
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
