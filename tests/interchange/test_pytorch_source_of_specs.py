"""Every bundled spec as PyTorch source: formatted, the executor's outputs, and imported the same report."""

import inspect
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from cnncalc import SpecError, analyze, from_torch, load, run, to_pytorch
from cnncalc.analysis.report import Report, running
from cnncalc.executor.io.inputs import noises
from cnncalc.graph import Graph
from cnncalc.layers import TensorSource
from tests.conftest import bundled
from tests.executor.agreement import cast, nontrivial
from tests.executor.test_verify import SPECS, small
from tests.interchange.exported import given_weights, module_of, outputs_of
from tests.with_torch import Module

pytestmark = [
    pytest.mark.crosscheck,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning"),
]

TOLERANCE = 1e-4
"""Of the largest value of an output."""


def test_source_of_every_spec_is_formatted_and_passes_ruff(tmp_path: Path) -> None:
    for path in SPECS:
        (tmp_path / f"{Path(path).stem}.py").write_text(to_pytorch(load(path)), encoding="utf-8")
    for check in ("check", "format --check --diff"):
        command = [sys.executable, "-m", "ruff", *check.split(), "--isolated", str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


CASES = bundled(SPECS, {"lenet5", "resnet18"}, without=())


@pytest.mark.parametrize("path", CASES, ids=lambda path: Path(path).stem)
def test_a_spec_gives_the_executor_s_outputs_and_is_imported_to_the_same_report(path: str) -> None:
    spec = small(path)
    graph, weights = spec.graph, cast(nontrivial(spec.graph, 4), "float32")
    module = module_of(to_pytorch(spec))
    given_weights(module, graph, weights)
    x = noises(graph, 1, 1)
    expected = run(spec, x, weights).outputs.values()
    for theirs, mine in zip(outputs_of(module, graph, x), expected, strict=True):
        assert theirs.shape == mine.shape
        assert np.abs(theirs - mine).max() <= TOLERANCE * np.abs(mine).max()
    found, known = difference(analyze(spec, layout="chw"), module, graph), DIFFERENT.get(Path(path).stem, "")
    assert (known in found and found) if known else not found


DIFFERENT = {
    # unpool: a transposed convolution with a fixed weight
    "enet": "no kind of layer for conv_transpose2d whose weight is no parameter",
    # sparse_conv: a convolution that multiplies by the zeros between its weights, too
    "lenet5_1998": "no kind of layer for conv2d whose weight is computed from",
    # locally_connected: a product of matrices for each position
    "sparse_connections": "no kind of layer for unfold",
}
"""Specs with kinds that PyTorch lacks: their source computes them from others, and why it is not imported."""


def difference(report: Report, module: Module, graph: Graph) -> str:
    """The first difference of the report of a module; empty if there is none."""
    names = [*inspect.signature(module.forward).parameters]
    shapes = dict(zip(names, (node.shape.dims() for node in graph.inputs), strict=True))
    try:
        back = analyze(from_torch(module, shapes if len(shapes) > 1 else shapes[names[0]]), layout="chw")
    except SpecError as error:
        return error.problems[0].message
    ours, theirs = ([*layers_of(each)] for each in (report, back))
    totals = [(each.totals.params.total, each.totals.macs) for each in (report, back)]
    if totals[0] != totals[1]:
        return f"totals: {totals[0]}, imported {totals[1]}"
    numbers = [[row[1:] for row in rows] for rows in (ours, theirs)]
    if numbers[0] == numbers[1]:
        return ""
    if Counter(numbers[0]) == Counter(numbers[1]):
        return "the same layers in another order"
    at = next((at for at, (a, b) in enumerate(zip(*numbers, strict=False)) if a != b), -1)
    return f"layers: {ours[at][0]}, imported {theirs[at][0]}" if at >= 0 else "layers: fewer or more"


def layers_of(report: Report) -> Iterator[tuple[str, tuple[int, ...], int, int]]:
    """Kind, output shape, parameters and multiply-adds of the layers that compute, heads and sources last.

    Layers that only move values may have their axes in other groups: of them, the size is compared.
    """
    heads = [row for row in report.layers if row.auxiliary]
    rows = sorted((*running(report.layers), *heads), key=lambda row: isinstance(row.layer, TensorSource))
    for row in rows:
        is_part = row.kind in ("slice", "select", "split")
        is_view = row.kind in ("flatten", "identity", "reshape") or (is_part and row.output == row.reads[0])
        if not is_view:
            dims = (row.output.size,) if is_part or row.kind == "permute" else row.output.dims()
            yield row.kind, dims, row.params.total, row.macs
