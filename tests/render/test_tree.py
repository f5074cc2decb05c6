"""The tree of a network in a terminal of any width."""

import io
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from cnncalc.analysis import analyze
from cnncalc.analysis.outline import outline
from cnncalc.analysis.report import Report
from cnncalc.render.columns import COLUMNS, DEFAULT
from cnncalc.render.table import MARK, shortened_kind, shortened_name, table, tree
from cnncalc.spec import load
from tests.conftest import bundled

SPECS = sorted(Path(__file__).parent.parent.parent.joinpath("specs").rglob("*.yaml"))
CHOSEN = tuple(COLUMNS[name] for name in DEFAULT)


def rows_of(report: Report, width: int | None, *, is_tree: bool = True) -> list[str]:
    """The lines of the rows, between the rule and the blank line before the total."""
    lines = outline(report)
    shown = (
        tree(report, lines, CHOSEN, (), False, width)
        if is_tree
        else table(report, report.layers, CHOSEN, (), False, width)
    )
    console = Console(file=io.StringIO(), width=width or 10_000, color_system=None)
    with console.capture() as capture:
        console.print(shown)
    printed = capture.get().splitlines()
    start = next(at for at, line in enumerate(printed) if line.startswith("──")) + 1
    return printed[start : printed.index("", start)]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
@pytest.mark.parametrize("path", bundled(SPECS), ids=lambda path: path.stem)
def test_every_line_is_one_row_that_fits(path: Path, width: int) -> None:
    report = analyze(load(path))
    for is_tree in (True, False):
        rows = rows_of(report, width, is_tree=is_tree)
        assert len(rows) == (len(outline(report)) if is_tree else len(report.layers))
        assert max(map(cell_len, rows)) <= width


@pytest.mark.parametrize("width", [4, 5, 12, 20, 30])
def test_very_narrow_terminals_get_what_fits(width: int) -> None:
    assert max(map(cell_len, rows_of(analyze(load("resnet18")), width))) <= width


def test_the_costliest_layers_are_marked_unless_all_cost_the_same() -> None:
    rows = rows_of(analyze(load("lenet5")), None)
    assert [row.split()[0] for row in rows if MARK in row] == ["conv2", "conv3"]
    layers = "cnncalc: 1\ninput: [4, 8, 8]\nlayers: [{conv: 4, kernel: 1, repeat: 4, name: c}]\n"
    assert MARK not in "".join(rows_of(analyze(load(layers)), None))


@pytest.mark.parametrize("name", ["a.bc.def", "long_without_dots", "層.畳み込み層", "", "x"])
@pytest.mark.parametrize("width", range(1, 20))
def test_shortened_text_fits(name: str, width: int) -> None:
    for short in (shortened_name(name, width), shortened_kind(name.replace(".", " + "), width)):
        assert cell_len(short) <= width
