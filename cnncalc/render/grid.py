"""A fast table for a terminal, with the layout of rich's `box.SIMPLE_HEAD`.

rich renders each cell as a separate document, which takes longer than analyzing the layer. Here cells are
unstyled text, a row is printed as one line, and rich is used only to wrap a cell.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from msgspec import Struct
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

GAP = 2
"""Spaces between two columns."""
HEAVY = Style(bold=True)
FAINT = Style(dim=True)


class Lane(Struct, frozen=True):
    """A column, `width` characters wide: text is left-aligned and may wrap, numbers are right-aligned.

    `styles` are those of its cells, `faint` how many characters at their beginning are dim, if any.
    """

    header: str
    cells: Sequence[str]
    footers: Sequence[str]
    width: int
    is_text: bool
    styles: Sequence[Style | None] = ()
    faint: Sequence[int] = ()

    def lines(self, cell: str, console: Console) -> list[str]:
        """The lines of a cell, none wider than the column."""
        lines = cell.split("\n")
        if all(cell_len(line) <= self.width for line in lines):
            return lines
        folded = Text(cell).wrap(console, self.width, overflow="ellipsis", no_wrap=not self.is_text)
        return [line.plain for line in folded]

    def aligned(self, line: str) -> str:
        """A line padded with spaces to the width of the column."""
        blanks = " " * (self.width - cell_len(line))
        return line + blanks if self.is_text else blanks + line


def lane(header: str, cells: Sequence[str], *, is_text: bool = False) -> Lane:
    """A column as wide as its longest cell."""
    width = max(map(cell_len, (*header.split("\n"), *cells)))
    return Lane(header, cells, (), width, is_text)


class Grid(Struct, frozen=True):
    """Columns side by side: a rule below the header, a blank line above the footers, if any.

    `styles` are those of the rows, if they have any.
    """

    lanes: tuple[Lane, ...]
    styles: Sequence[Style | None] = ()

    @property
    def width(self) -> int:
        """The total width in characters."""
        return sum(lane.width for lane in self.lanes) + GAP * (len(self.lanes) - 1)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        end = Segment.line()
        for line in self._header(console):
            yield Segment(line, HEAVY)
            yield end
        yield Segment(("-" if options.ascii_only else "─") * self.width)
        yield end
        rows = zip(*(lane.cells for lane in self.lanes), strict=True)
        has_styles = any(lane.styles or lane.faint for lane in self.lanes)
        for at, (row, style) in enumerate(zip_longest(rows, self.styles)):
            if has_styles:
                yield from self._styled(at, row, console)
                yield end
                continue
            for line in self._row(row, console):
                yield Segment(line, style)
                yield end
        for number, footers in enumerate(zip(*(lane.footers for lane in self.lanes), strict=True)):
            if not number:
                yield end
            for line in self._row(footers, console):
                yield Segment(line, HEAVY)
                yield end

    def _styled(self, at: int, row: Iterable[str], console: Console) -> Iterator[Segment]:
        """A row whose cells have styles."""
        folded = (lane.lines(cell, console) for lane, cell in zip(self.lanes, row, strict=True))
        for number, cells in enumerate(zip_longest(*folded, fillvalue="")):
            if number:
                yield Segment.line()
            room = len(self._line(cells))
            for lane, cell in zip(self.lanes, cells, strict=True):
                text = (lane.aligned(cell) + " " * GAP)[: max(room, 0)]
                room -= len(text)
                start = lane.faint[at] if lane.faint else 0
                yield Segment(text[:start], FAINT)
                yield Segment(text[start:], lane.styles[at] if lane.styles else None)

    def _header(self, console: Console) -> list[str]:
        """The lines of the header, aligned to the bottom."""
        upwards = [reversed(lane.lines(lane.header, console)) for lane in self.lanes]
        return [self._line(cells) for cells in zip_longest(*upwards, fillvalue="")][::-1]

    def _row(self, cells: Iterable[str], console: Console) -> Iterator[str]:
        """The lines of a row."""
        folded = (lane.lines(cell, console) for lane, cell in zip(self.lanes, cells, strict=True))
        return map(self._line, zip_longest(*folded, fillvalue=""))

    def _line(self, cells: Iterable[str]) -> str:
        """Cells side by side, without trailing spaces: one long cell must not lengthen every line."""
        aligned = (lane.aligned(cell) for lane, cell in zip(self.lanes, cells, strict=True))
        return (" " * GAP).join(aligned).rstrip()
