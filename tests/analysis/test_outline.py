"""The outline of a network: every layer once, and blocks with the sums of what is in them."""

from pathlib import Path

import pytest

from cnncalc.analysis import analyze
from cnncalc.analysis.outline import OutlineLine, outline
from cnncalc.analysis.report import Report, running
from cnncalc.quantities import ADDITIVE
from cnncalc.spec import load
from tests.conftest import bundled

SPECS = sorted(Path(__file__).parent.parent.parent.joinpath("specs").rglob("*.yaml"))
HEAD = "cnncalc: 1\ninput: [4, 8, 8]\n"


def labels(lines: tuple[OutlineLine, ...]) -> list[str]:
    """The labels, indented by their level."""
    return ["  " * (len(line.trail) - 1) + line.label for line in lines]


def inside(lines: tuple[OutlineLine, ...], at: int) -> list[OutlineLine]:
    """The lines directly inside a block."""
    level = len(lines[at].trail)
    found: list[OutlineLine] = []
    for line in lines[at + 1 :]:
        if len(line.trail) <= level:
            break
        found += [line] if len(line.trail) == level + 1 else []
    return found


@pytest.mark.parametrize("depth", [None, 1, 2])
@pytest.mark.parametrize("path", bundled(SPECS), ids=lambda path: path.stem)
def test_blocks_are_the_sums_of_their_lines_and_lines_those_of_the_network(
    path: Path, depth: int | None
) -> None:
    report = analyze(load(path))
    lines = outline(report, depth)
    top = [line.row for line in lines if len(line.trail) == 1]
    for quantity in ADDITIVE:
        assert sum(quantity.number(row) for row in running(top)) == quantity.number(report.totals)
    for at, line in enumerate(lines):
        if line.is_block:
            rows = [each.row for each in inside(lines, at)]
            for quantity in ADDITIVE:
                found = sum(quantity.number(row) for row in running(rows) or rows)
                assert found == quantity.number(line.row), (line.label, quantity.name)


@pytest.mark.parametrize("path", bundled(SPECS), ids=lambda path: path.stem)
def test_names_lead_to_the_layers(path: Path) -> None:
    report = analyze(load(path))
    lines = outline(report)
    above: list[str] = []
    for line in lines:
        del above[len(line.trail) - 1 :]
        name = ".".join([*above, line.label])
        assert name == line.row.name or name == f"{line.row.name}.{line.label}"  # a merge after its branches
        above.append(line.label)
    assert {row.name for row in report.layers if row.weights} - _accompanying(report) <= {
        line.row.name for line in lines
    }


def _accompanying(report: Report) -> set[str]:
    return {row.name for row in report.layers if row.layer and row.layer.family in ("norm", "activation")}


def test_norms_and_activations_are_in_the_row_of_their_layer() -> None:
    spec = load(
        HEAD
        + """layers:
  - {batchnorm: , name: norm1}
  - {conv: 4, kernel: 1, name: behind}
  - {conv: 8, kernel: 3, norm: batch, act: relu, name: written}
  - {conv: 8, kernel: 1, name: before}
  - batchnorm
  - relu
  - {maxpool: 2, name: pool}
"""
    )
    lines = outline(analyze(spec))
    assert [(line.label, line.row.kind) for line in lines] == [
        ("behind", "batchnorm + conv"),
        ("written", "conv + batchnorm + relu"),
        ("before", "conv + batchnorm + relu"),
        ("pool", "maxpool"),
    ]
    assert [line.row.params.total for line in lines] == [8 + 20, 4 * 8 * 9 + 8 + 16, 64 + 8 + 16, 0]


def test_blocks_branches_and_repeats_are_headings() -> None:
    lines = outline(analyze(load("resnet18")), 2)
    assert labels(lines)[:6] == ["conv1", "pool1", "stage1", "  0", "  1", "stage2"]
    lines = outline(analyze(load("resnet18")))
    start = labels(lines).index("stage2")
    assert labels(lines)[start : start + 7] == [
        "stage2",
        "  0.add",
        "    residual",
        "      conv1",
        "      conv2",
        "    shortcut.conv1",
        "    add",
    ]


def test_names_with_very_many_parts_are_lines() -> None:
    name = ".".join("abcdefgh" * 400)
    (line,) = outline(analyze(load(HEAD + f'layers: [{{conv: 1, kernel: 1, name: "{name}"}}]\n')))
    assert line.label == name
