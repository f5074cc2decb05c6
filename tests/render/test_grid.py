"""`Grid` prints the same as a rich table, except for trailing spaces."""

import io

import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.render.grid import Grid, Lane

NAMES = ("conv1", "block1.\nadd.main.\nconv2", "a名前", "a note of several words that folds")
NUMBERS = ("0", "1,234,567", "–", "64×56×56")


def grid(width: int, footers: tuple[str, str]) -> Grid:
    both = [[each] if any(footers) else [] for each in footers]
    name = Lane("the layer's\nname", NAMES, both[0], width, is_text=True)
    return Grid((name, Lane("number", NUMBERS, both[1], 9, is_text=False)))


def table(width: int, footers: tuple[str, str]) -> Table:
    """The same table by rich, which renders each cell as a document.

    One of the two blanks between the columns is part of the second one: releases of rich before 15 pad
    otherwise.
    """
    made = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=any(footers), padding=0)
    made.add_column("the layer's\nname", footers[0], width=width)
    made.add_column("number", footers[1], justify="right", no_wrap=True, width=10)
    for cells in zip(NAMES, NUMBERS, strict=True):
        made.add_row(*map(Text, cells))
    return made


def printed(what: RenderableType) -> list[str]:
    console = Console(file=io.StringIO(), width=80, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(what)
    return [line.rstrip() for line in capture.get().splitlines()]


@pytest.mark.parametrize("footers", [("total", "1,234,567"), ("", "")])
@pytest.mark.parametrize("width", [11, 12, 20, 34, 40])
def test_a_grid_looks_like_a_rich_table(width: int, footers: tuple[str, str]) -> None:
    assert printed(grid(width, footers)) == printed(table(width, footers))


def test_headings_and_totals_are_bold() -> None:
    console = Console(file=io.StringIO(), width=80)
    segments = console.render(grid(20, ("total", "1")))
    assert [part.text.split() for part in segments if part.style and part.style.bold] == [
        ["the", "layer's"],
        ["name", "number"],
        ["total", "1"],
    ]
