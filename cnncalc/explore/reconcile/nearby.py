"""The parts of a network that a number may be about: with auxiliary heads, without unused layers."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from cnncalc.analysis.conventions import PROFILES
from cnncalc.analysis.recount import counts
from cnncalc.analysis.report import Report, Row, running
from cnncalc.choices import Tool
from cnncalc.explore.reconcile.calls import Selected
from cnncalc.layers import Layer
from cnncalc.shapes import Shape

AUXILIARY, UNUSED_LAYERS = 1, 1
"""Steps added with auxiliary heads, and without unused layers."""


Counts = dict[Tool, tuple[int, ...]]
"""What each tool counts for a layer: a number for each of its quantities."""


class Tallies:
    """The counts of layers by all tools; equal layers of all networks are counted once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Layer | None, tuple[Shape, ...]], Counts] = {}

    def of(self, row: Row) -> Counts:
        key = row.layer, row.reads
        found = self._known.get(key)
        if found is None:
            found = {
                tool: counts(row, tool) or (0,) * len(each.quantities) for tool, each in PROFILES.items()
            }
            self._known[key] = found
        return found


class Nearby:
    """A similar network: its difference from the written one, its steps, and its layers."""

    def __init__(
        self, change: str, steps: int, report: Report, rows: tuple[Row, ...], tallies: Tallies
    ) -> None:
        self.change, self.steps, self.report, self.rows = change, steps, report, rows
        self._tallies = tallies

    @cached_property
    def selected(self) -> Selected:
        """The layers that may be called otherwise."""
        return Selected(self.rows)

    @cached_property
    def _counts(self) -> list[Counts]:
        return [self._tallies.of(row) for row in self.rows]

    def counted(self, tool: Tool, number: int) -> Sequence[int]:
        """What a tool counts for each layer: its quantity with this number."""
        return [each[tool][number] for each in self._counts]


def with_and_without(change: str, steps: int, report: Report, tallies: Tallies) -> Iterator[Nearby]:
    """A network, with its auxiliary heads, and without its unused layers."""
    yield Nearby(change, steps, report, tuple(running(report.layers)), tallies)
    if report.heads:
        more = "with auxiliary heads"
        title = f"{change}, {more}" if change else more
        yield Nearby(title, steps + AUXILIARY, report, report.layers, tallies)
    unused = len(report.unused)
    if unused:
        needed = leading_to_output(report)
        rows = tuple(row for row in report.layers if row.name in needed)
        less = f"without {unused} unused layer{'s' * (unused > 1)}"
        title = f"{change}, {less}" if change else less
        yield Nearby(title, steps + UNUSED_LAYERS, report, rows, tallies)


def leading_to_output(report: Report) -> set[str]:
    """The layers that an output depends on, without auxiliary classifiers."""
    needed = {row.name for row in report.outputs.values()}
    for row in reversed(report.layers):
        if row.name in needed:
            needed.update(row.inputs)
    return needed
