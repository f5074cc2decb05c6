"""Maps of numbers drawn with characters, dark for low and light for high values."""

from collections.abc import Sequence

from rich.text import Text

LEVELS = " ·░▒▓█"
"""From the lowest to the highest value."""

WIDEST, HIGHEST = 32, 32
"""Maximum cells of a drawing; larger maps are averaged. A cell is two characters wide, about square."""

Rows = Sequence[Sequence[float]]


Span = tuple[int, int]
"""First and last row or column of a box."""


def drawn(rows: Rows, least: float | None = None, box: tuple[Span, Span] | None = None) -> list[Text]:
    """A map as lines of characters, with its scale below; `box` is outlined: its rows and its columns."""
    small = shrunk(rows, HIGHEST, WIDEST)
    low = min(map(min, small)) if least is None else least
    high = max(map(max, small))
    cells = [[_cell(value, low, high) * 2 for value in row] for row in small]
    shown = ["".join(row) for row in cells]
    if box:
        (top, bottom), (left, right) = (
            _shrunk_span(span, whole, count)
            for span, whole, count in zip(
                box, (len(rows), len(rows[0])), (len(small), len(small[0])), strict=True
            )
        )
        shown = _outlined(cells, top, bottom, left, right)
    lines = [Text(f"  {line}") for line in shown]
    scale = Text(f"  from {low:.3g} '{LEVELS[0]}' to {high:.3g} '{LEVELS[-1]}'", "dim")
    height, width = len(rows) / len(small), len(rows[0]) / len(small[0])
    if height > 1 or width > 1:
        scale.append(f"; a cell is the mean of about {height:.3g}×{width:.3g}")
    if box:
        scale.append("; the frame is the receptive field")
    return [*lines, scale]


def _shrunk_span(span: Span, whole: int, count: int) -> Span:
    """The cells that hold the first and the last position: cell i begins at i * whole // count."""
    first, last = (((position + 1) * count - 1) // whole for position in span)
    return first, last


def _outlined(cells: list[list[str]], top: int, bottom: int, left: int, right: int) -> list[str]:
    """The cells with a frame around some; the others move apart for it."""
    before, after = "  " * left, "  " * (len(cells[0]) - 1 - right)
    edge = "──" * (right - left + 1)
    lines = []
    for at, row in enumerate(cells):
        side = "│" if top <= at <= bottom else " "
        parts = (row[:left], row[left : right + 1], row[right + 1 :])
        lines.append(side.join(map("".join, parts)))
    lines.insert(bottom + 1, f"{before}└{edge}┘{after}")
    lines.insert(top, f"{before}┌{edge}┐{after}")
    return lines


def _cell(value: float, low: float, high: float) -> str:
    if not high > low:
        return LEVELS[0]
    return LEVELS[min(int((value - low) / (high - low) * len(LEVELS)), len(LEVELS) - 1)]


def shrunk(rows: Rows, highest: int, widest: int) -> list[list[float]]:
    """A map averaged down to at most `highest` rows and `widest` columns."""
    return [
        list(row) for row in zip(*_fewer(list(zip(*_fewer(rows, highest), strict=True)), widest), strict=True)
    ]


def _fewer(rows: Rows, most: int) -> list[list[float]]:
    """Rows averaged down to at most `most`."""
    count = min(len(rows), most)
    parts = [rows[at * len(rows) // count : (at + 1) * len(rows) // count] for at in range(count)]
    return [[sum(column) / len(part) for column in zip(*part, strict=True)] for part in parts]
