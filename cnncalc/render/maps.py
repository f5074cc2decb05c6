"""Maps of numbers drawn with characters, dark for low and light for high values."""

from collections.abc import Sequence

from rich.text import Text

LEVELS = " ·░▒▓█"
"""From the lowest to the highest value."""

WIDEST, HIGHEST = 32, 32
"""Maximum cells of a drawing; larger maps are averaged. A cell is two characters wide, about square."""

Rows = Sequence[Sequence[float]]


def drawn(rows: Rows, least: float | None = None) -> list[Text]:
    """A map as lines of characters, with its scale below."""
    small = shrunk(rows, HIGHEST, WIDEST)
    low = min(map(min, small)) if least is None else least
    high = max(map(max, small))
    lines = [Text("  " + "".join(_cell(value, low, high) * 2 for value in row)) for row in small]
    scale = Text(f"  from {low:.3g} '{LEVELS[0]}' to {high:.3g} '{LEVELS[-1]}'", "dim")
    height, width = len(rows) / len(small), len(rows[0]) / len(small[0])
    if height > 1 or width > 1:
        scale.append(f"; a cell is the mean of about {height:.3g}×{width:.3g}")
    return [*lines, scale]


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
