"""The contract of operations: one for every kind, tested, without formulas from the analysis."""

import ast
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc.executor
from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.ops import MODULES, OPERATIONS
from cnncalc.executor.runtime.buffers import Buffers
from cnncalc.executor.runtime.context import OpContext
from cnncalc.layers import BY_NAME, KINDS, Layer, Merge, options_of
from cnncalc.layers.activation import Activation, Relu
from cnncalc.layers.base import called
from tests.conftest import examples, mostly_slow
from tests.executor.agreement import inputs, nontrivial, single
from tests.executor.ops.test_gradients_by_differences import TRIED
from tests.executor.random_graphs import MERGES
from tests.executor.random_layers import DRAWN, LAYERS
from tests.executor.twin import FUNCTIONS

FOLDER = Path(cnncalc.executor.__file__).parent

WITNESSES = tuple(
    sorted(
        str(path.relative_to(FOLDER))
        for room in ("ops", "runtime")
        for path in (FOLDER / room).glob("*.py")
        if path.stem != "machine"
    )
)
"""The files that run on arrays and are compared with the analysis."""

FORMULAS = ("cnncalc.window", "cnncalc.formula", "cnncalc.analysis", "cnncalc.layers.sliding")

TAKEN_FROM_LAYERS = {"Amount", "Dims", "Elementary", "Layer", "Padding"}
"""Types: of options and sizes, and names of operations."""


def tree_of(name: str) -> ast.Module:
    return ast.parse((FOLDER / name).read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    """All imports, as module and name."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def read_of_layers(tree: ast.Module) -> set[str]:
    """Attributes read from a layer: `layer.kernel`, or a rule such as `layer.output(…)`."""
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {node.attr for node in attributes if isinstance(node.value, ast.Name) and node.value.id == "layer"}


def home(kind: type[Layer]) -> str:
    """The executor file for the kinds of a file in `layers/`."""
    near = Counter(
        module.__name__
        for module in MODULES
        for name in module.OPERATIONS
        if name in BY_NAME and BY_NAME[name].__module__ == kind.__module__
    )
    if not near:
        return "a new module of cnncalc/executor/ops/, and the module to MODULES in its __init__.py"
    return near.most_common(1)[0][0].replace(".", "/") + ".py"


def lacking(kinds: Sequence[type[Layer]]) -> list[str]:
    """What is missing for each kind in the executor and its tests, and where to add it."""
    found = []
    for kind in kinds:
        if kind.is_declared:  # nothing says what it computes
            continue
        if kind.kind not in OPERATIONS:
            found.append(f"{kind.kind}: add its Operation(forward, gradient) to {home(kind)}")
        if issubclass(kind, Merge):
            if kind.kind not in {layer.kind for layer in MERGES}:
                found.append(f"{kind.kind}: draw it in MERGES of tests/executor/random_graphs.py")
            if kind.kind not in TRIED:
                found.append(
                    f"{kind.kind}: add a case to tests/executor/ops/test_gradients_by_differences.py"
                )
        elif kind.kind not in DRAWN:
            found.append(f"{kind.kind}: draw it in OTHERS of tests/executor/random_layers.py")
        if kind.kind not in FUNCTIONS:
            found.append(f"{kind.kind}: add what PyTorch does to tests/executor/twin_layers.py")
    return found


def test_every_kind_runs_forward_and_backward_and_is_tested() -> None:
    assert not lacking(KINDS)


def test_every_operation_has_a_kind_and_stands_in_one_module() -> None:
    assert set(OPERATIONS) == {*(kind.kind for kind in KINDS if not kind.is_declared), "input"}
    assert len(OPERATIONS) == sum(len(module.OPERATIONS) for module in MODULES)


class Swish(Activation, frozen=True):
    kind = "swish"
    elsewhere = called()


Swish.__module__ = Relu.__module__


class Told(Activation, frozen=True):
    kind = "told"
    elsewhere = called()
    is_declared = True


class Median(Merge, frozen=True):
    kind = "median"
    elsewhere = called()


def test_what_a_new_kind_lacks_is_named_with_its_place() -> None:
    assert lacking([Swish, Told, Median]) == [
        "swish: add its Operation(forward, gradient) to cnncalc/executor/ops/activation.py",
        "swish: draw it in OTHERS of tests/executor/random_layers.py",
        "swish: add what PyTorch does to tests/executor/twin_layers.py",
        "median: add its Operation(forward, gradient) to a new module of cnncalc/executor/ops/, "
        "and the module to MODULES in its __init__.py",
        "median: draw it in MERGES of tests/executor/random_graphs.py",
        "median: add a case to tests/executor/ops/test_gradients_by_differences.py",
        "median: add what PyTorch does to tests/executor/twin_layers.py",
    ]


@pytest.mark.parametrize("name", WITNESSES)
def test_an_operation_reads_a_layer_s_options_and_asks_no_rule_of_it(name: str) -> None:
    assert read_of_layers(tree_of(name)) <= {option for kind in KINDS for option in options_of(kind)}


@pytest.mark.parametrize("name", WITNESSES)
def test_an_operation_shares_no_formula_with_the_analysis(name: str) -> None:
    found = imported(tree_of(name))
    assert not [each for each in found if each.startswith(FORMULAS)]
    helpers = {each.rpartition(".")[2] for each in found if each.startswith("cnncalc.layers.")}
    classes = {kind.__name__ for kind in KINDS}
    families = {"activation", "normalization", "AlignedMerge", "Merge", "WindowPool"}
    assert helpers <= classes | families | TAKEN_FROM_LAYERS, "only classes, for their options"


def test_a_rule_that_is_called_would_be_found() -> None:
    text = "from cnncalc.window import Window\ndef conv(layer, x): return layer.output(x)"
    assert read_of_layers(ast.parse(text)) == {"output"}
    assert imported(ast.parse(text)) == {"cnncalc.window.Window"}


@pytest.mark.parametrize("quick", mostly_slow([True, False]), ids=["quick", "plain"])
@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=examples(4, least=2), deadline=None, derandomize=True)
@given(data=st.data(), batch=st.integers(1, 2))
def test_an_output_is_one_block_of_its_type_and_the_input_is_as_it_was(
    name: str, quick: bool, data: st.DataObject, batch: int
) -> None:
    """Fast versions use strided views of their contiguous input; only `overwrite` lets an operation
    write to it."""
    graph = single(*data.draw(LAYERS[name]))
    layer, weights = graph.nodes[1].layer, nontrivial(graph, 0)
    x = np.ascontiguousarray(np.moveaxis(inputs(graph, batch, 0).astype("float32"), 1, -1))
    before = x.copy()
    ctx = OpContext("layer", GivenWeights(weights, "float32"), Buffers(), np.dtype("float32"), quick)
    with np.errstate(all="ignore"):
        y = OPERATIONS[layer.kind].forward(layer, *([x] if graph.nodes[1].inputs else []), ctx=ctx)
    assert y.flags.c_contiguous
    assert y.dtype == np.float32
    assert (x == before).all()
