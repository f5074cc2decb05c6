"""The series-parallel structure of graphs."""

from hypothesis import given
from hypothesis import strategies as st

from cnncalc.structure import Bridge, Parallel, Series, decompose

Reads = list[list[int]]


@st.composite
def graphs(draw: st.DrawFn) -> Reads:
    """Random graphs: each node reads some of those before it."""
    count = draw(st.integers(1, 9))
    return [
        sorted(draw(st.sets(st.integers(0, node - 1), max_size=3))) if node else [] for node in range(count)
    ]


def nodes_of(series: Series) -> list[int]:
    found: list[int] = []
    for part in series:
        if isinstance(part, Parallel):
            found += [node for branch in part.branches for node in nodes_of(branch)]
        else:
            found += part.nodes if isinstance(part, Bridge) else [part]
    return found


def test_a_chain() -> None:
    assert decompose([[], [0], [1]]) == (0, 1, 2)


def test_branches_are_in_the_order_in_which_they_are_read() -> None:
    reads = [[], [0], [0], [0], [3, 1, 2]]
    assert decompose(reads) == (0, Parallel(((3,), (1,), (2,))), 4)


def test_a_direct_edge_is_an_empty_branch_in_its_place() -> None:
    assert decompose([[], [0], [1, 0]]) == (0, Parallel(((1,), ())), 2)
    assert decompose([[], [0], [0, 1]]) == (0, Parallel(((), (1,))), 2)


def test_shortcuts_nest_as_in_a_u_net() -> None:
    reads = [[], [0], [1], [1, 2], [0, 3]]
    inner = (1, Parallel(((), (2,))), 3)
    assert decompose(reads) == (0, Parallel(((), inner)), 4)


def test_the_smallest_graph_that_is_not_series_parallel_is_a_bridge() -> None:
    assert decompose([[], [0], [0, 1], [1, 2]]) == (0, Bridge((1, 2)), 3)


def test_several_outputs_end_together() -> None:
    assert decompose([[], [0], [0]]) == (0, Parallel(((1,), (2,))))


def test_what_is_read_outside_may_have_readers_inside() -> None:
    assert decompose([[], [0]], exits=[1, 0]) == (0, Parallel(((1,), ())))


@given(graphs())
def test_every_node_is_there_once(reads: Reads) -> None:
    assert sorted(nodes_of(decompose(reads))) == list(range(len(reads)))


def paths(reads: Reads) -> dict[int, set[frozenset[int]]]:
    """The sets of nodes on the paths from the start to each node."""
    found: dict[int, set[frozenset[int]]] = {}
    for node, each in enumerate(reads):
        found[node] = {frozenset((node,))} if not each else set()
        for read in each:
            found[node] |= {path | {node} for path in found[read]}
    return found


@given(graphs())
def test_the_nodes_in_series_are_those_on_every_path(reads: Reads) -> None:
    read = {each for node in reads for each in node}
    whole = [path for node, ways in paths(reads).items() if node not in read for path in ways]
    assert {part for part in decompose(reads) if isinstance(part, int)} == frozenset.intersection(*whole)
