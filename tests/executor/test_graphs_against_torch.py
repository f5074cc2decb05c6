"""200 random graphs give PyTorch's values in every layer; no tensor is overwritten before its last read."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc.graph import Graph
from tests.executor.agreement import assert_agrees
from tests.executor.random_graphs import graphs

pytestmark = pytest.mark.crosscheck

GRAPHS = 200


@settings(max_examples=GRAPHS, deadline=None, derandomize=True)
@given(graph=graphs(), batch=st.integers(1, 3), seed=st.integers(0, 99))
def test_a_graph_gives_pytorch_s_values(graph: Graph, batch: int, seed: int) -> None:
    assert_agrees(graph, batch, seed)


def test_random_graphs_branch_merge_and_share() -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=GRAPHS, deadline=None, derandomize=True, database=None)
    @given(graph=graphs())
    def look(graph: Graph) -> None:
        kinds = {node.layer.kind for node in graph.layers}
        readers = Counter(at for node in graph.nodes for at in set(node.inputs))
        seen.update(kinds)
        seen.update({f"{graph.nodes[0].shape.rank}-D"})
        seen.update({"branches"} if max(readers.values()) > 1 else ())
        seen.update({"shares"} if any(node.shares is not None for node in graph.nodes) else ())
        seen.update({"dead end"} if len(readers) < len(graph.nodes) - 1 else ())

    look()
    for feature in ("add", "mul", "concat", "branches", "shares", "dead end", "1-D", "2-D", "3-D"):
        assert seen[feature] >= GRAPHS // 10, (feature, seen)
