"""The executor's operation counts equal the analysis and what NumPy really did."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.network import Network
from cnncalc.executor.ops import OPERATIONS
from cnncalc.executor.runtime import arithmetic
from cnncalc.executor.runtime.context import OpContext
from cnncalc.executor.trace import LayerTrace
from cnncalc.graph import Graph, Node
from cnncalc.layers import BY_NAME, Layer, Merge
from cnncalc.shapes import Shape
from tests.conftest import examples
from tests.executor.agreement import inputs, nontrivial, single
from tests.executor.ledger import Noted, NotedBuffers, noted
from tests.executor.random_graphs import graphs
from tests.executor.random_layers import LAYERS

FEW = settings(max_examples=examples(5, least=2), deadline=None, derandomize=True)

WAYS = pytest.mark.parametrize("quick", [True, False], ids=["quick", "plain"])


def assert_same_as_analysis(trace: LayerTrace, node: Node, batch: int) -> None:
    analyzed = {kind: batch * each.value for kind, each in node.layer.operations(*node.reads).items()}
    assert {kind: n for kind, n in trace.counts.items() if n} == {k: n for k, n in analyzed.items() if n}
    assert trace.dims == node.shape.dims()
    tensors = {**node.layer.weights(*node.reads), **node.layer.buffers(*node.reads)}
    assert trace.tensors == tensors


def assert_counted(graph: Graph, batch: int, quick: bool) -> None:
    network = Network(graph, GivenWeights(nontrivial(graph, 0), "float64"), "float64", quick)
    for _ in range(2):  # the second run uses cached weights
        traces = network.run(inputs(graph, batch, 0)).traces
        for each, node in zip(traces, graph.layers, strict=True):
            assert_same_as_analysis(each, node, batch)


@WAYS
@pytest.mark.parametrize("name", LAYERS)
@FEW
@given(data=st.data(), batch=st.sampled_from((1, 3)))
def test_a_layer_is_counted_as_analyzed(name: str, quick: bool, data: st.DataObject, batch: int) -> None:
    assert_counted(single(*data.draw(LAYERS[name])), batch, quick)


@WAYS
@settings(FEW, max_examples=examples(40))
@given(graph=graphs(), batch=st.sampled_from((1, 3)))
def test_every_layer_of_a_graph_is_counted_as_analyzed(quick: bool, graph: Graph, batch: int) -> None:
    assert_counted(graph, batch, quick)


def shifted(node: Node, size: int) -> dict[str, int]:
    """The maximum along an axis is subtracted."""
    x = node.reads[0]
    values = x.dims()[("channels", *x.axes).index(getattr(node.layer, "axis", ""))]
    return {"comparisons": size - size // values, "adds": size}


def shifted_back(node: Node, size: int) -> dict[str, int]:
    """The maximum of each group is subtracted, and added to the logarithm of the sum."""
    if getattr(node.layer, "mode", "") != "logsumexp":
        return {}
    groups = size * node.shape.size // node.reads[0].size
    return {"comparisons": size - groups, "adds": size + groups}


def shifted_scores(node: Node, size: int) -> dict[str, int]:
    """The maximum of the scores of each query is subtracted."""
    operations = node.layer.operations(*node.reads)
    scores = operations["divisions"].value
    queries = node.reads[0].positions * getattr(node.layer, "heads", 0)
    batch = size // node.reads[0].size
    return {"comparisons": batch * (scores - queries), "adds": batch * scores}


GUARDS: dict[str, Callable[[Node, int], dict[str, int]]] = {
    "elu": lambda node, size: {"comparisons": size},
    "selu": lambda node, size: {"comparisons": size},
    "celu": lambda node, size: {"comparisons": size},
    "softplus": lambda node, size: {"comparisons": 2 * size},
    "mish": lambda node, size: {"comparisons": 2 * size},
    "softmax": shifted,
    "log_softmax": shifted,
    "reduce": shifted_back,
    "attention": shifted_scores,
    "cross_attention": shifted_scores,
}
"""Operations that prevent overflow of exp; they do not change results and are not counted."""


def carried_out(node: Node, arrays: list[np.ndarray], quick: bool) -> tuple[Counter[str], Counter[str]]:
    """The operations that the executor counts for one layer, and those that NumPy did."""
    tensors = {**node.layer.weights(*node.reads), **node.layer.buffers(*node.reads)}
    weights = {f"layer.{name}": np.full(dims, 0.5) for name, dims in tensors.items()}
    ctx = OpContext("layer", GivenWeights(weights, "float64"), NotedBuffers(), np.dtype("float64"), quick)
    Noted.ledger = Counter()
    channels_last = [noted(np.ascontiguousarray(np.moveaxis(x, 1, -1))) for x in arrays]
    with np.errstate(all="ignore"):
        OPERATIONS[node.layer.kind].forward(node.layer, *channels_last[: len(node.inputs)], ctx=ctx)
    return ctx.counts, Noted.ledger


def assert_honest(node: Node, arrays: list[np.ndarray], quick: bool) -> None:
    """A multiply-add is a product; adding partial sums is part of the multiply-adds."""
    claimed, did = carried_out(node, arrays, quick)
    guard = GUARDS.get(node.layer.kind, lambda node, size: {})
    claimed.update(guard(node, arrays[0].size))
    assert did["products"] == claimed["macs"] + claimed["multiplications"]
    for kind in ("comparisons", "divisions", "exponentials"):
        assert did[kind] == claimed[kind], (claimed, did)
    uncounted = did["adds"] - claimed["adds"]
    if claimed["macs"]:  # the products of each tap are added to those of other taps
        assert uncounted in (0, did["partial sums"]), (claimed, did)
    else:  # for products with a constant matrix, sums are counted as adds
        assert uncounted == -(did["products"] if did["partial sums"] else 0), (claimed, did)


@pytest.fixture
def erf_is_one_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    """erf is many operations in NumPy, and counted as one."""

    def counted(x: np.ndarray) -> np.ndarray:
        Noted.ledger["exponentials"] += x.size
        return noted(original(x.view(np.ndarray)))

    original = arithmetic.erf
    monkeypatch.setattr(arithmetic, "erf", counted)


@pytest.mark.usefixtures("erf_is_one_operation")
@WAYS
@pytest.mark.parametrize("name", LAYERS)
@FEW
@given(data=st.data(), batch=st.sampled_from((1, 3)))
def test_numpy_did_what_is_claimed(name: str, quick: bool, data: st.DataObject, batch: int) -> None:
    graph = single(*data.draw(LAYERS[name]))
    assert_honest(graph.nodes[1], [inputs(graph, batch, 0)], quick)


@WAYS
@settings(FEW, max_examples=examples(60))
@given(graph=graphs(), batch=st.sampled_from((1, 3)))
def test_numpy_did_what_merges_claim(quick: bool, graph: Graph, batch: int) -> None:
    for node in graph.layers:
        if isinstance(node.layer, Merge):
            assert_honest(node, [np.ones((batch, *x.dims())) for x in node.reads], quick)


def test_uncounted_operations_are_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = single(BY_NAME["relu"](), Shape(3, (4, 4)))
    relu = OPERATIONS["relu"]

    def careless(layer: Layer, x: np.ndarray, ctx: OpContext) -> np.ndarray:
        return relu.forward(layer, x * 1.0, ctx=ctx)

    monkeypatch.setitem(OPERATIONS, "relu", replace(relu, forward=careless))
    with pytest.raises(AssertionError):
        assert_honest(graph.nodes[1], [inputs(graph, 1, 0)], quick=False)
