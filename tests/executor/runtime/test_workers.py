"""Shared work gives the same results and counts as one worker, and cleans up."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.network import Network
from cnncalc.executor.ops import correlation
from cnncalc.executor.runtime import context, workers
from cnncalc.executor.runtime.workers import Workers, blocks
from cnncalc.graph import Graph
from cnncalc.spec import load
from tests.conftest import examples
from tests.executor.agreement import inputs, nontrivial, single
from tests.executor.ops.test_counts import assert_counted
from tests.executor.random_graphs import graphs
from tests.executor.random_layers import LAYERS

FEW = settings(
    max_examples=examples(5, least=2),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

THREADS = 3


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers, which share even small arrays."""
    monkeypatch.setattr(workers, "threads", lambda: THREADS)
    monkeypatch.setattr(context, "PART", 64)
    monkeypatch.setattr(context, "SHARED_PRODUCT", 64)
    monkeypatch.setattr(correlation, "BAND", 256)
    monkeypatch.setattr(correlation, "FEWEST_ROWS", 3)


def assert_the_same_as_the_plain_way(graph: Graph) -> None:
    weights, x = nontrivial(graph, 0), inputs(graph, 2, 0)
    shared, plain = (
        Network(graph, GivenWeights(weights, "float64"), "float64", quick) for quick in (True, False)
    )
    for _ in range(2):
        found, wanted = shared.run(x, keep="*"), plain.run(x, keep="*")
        for name, y in wanted.items():
            np.testing.assert_allclose(found[name], y, rtol=1e-9, atol=1e-9, err_msg=name)
    assert_counted(graph, 2, quick=True)


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("name", LAYERS)
@FEW
@given(data=st.data())
def test_a_shared_layer_is_the_plain_one(name: str, data: st.DataObject) -> None:
    assert_the_same_as_the_plain_way(single(*data.draw(LAYERS[name])))


@pytest.mark.usefixtures("small_parts")
@settings(FEW, max_examples=examples(40))
@given(graph=graphs())
def test_shared_graphs_are_the_plain_ones(graph: Graph) -> None:
    assert_the_same_as_the_plain_way(graph)


@pytest.mark.usefixtures("small_parts")
def test_one_network_run_by_two_threads_gives_what_one_gives() -> None:
    """They share memory: without waiting, they would overwrite each other's results."""
    graph = load("lenet5").graph
    network = Network(graph, GivenWeights(nontrivial(graph, 0), "float64"), "float64")
    images = [inputs(graph, 2, seed) for seed in range(2)]
    wanted = [network.run(x).output for x in images]
    with ThreadPoolExecutor(2) as pool:
        found = [list(pool.map(lambda x: network.run(x).output, images)) for _ in range(50)]
    for pair in found:
        np.testing.assert_array_equal(pair, wanted)


def test_a_run_that_was_interrupted_leaves_no_memory_behind() -> None:
    graph = load("lenet5").graph
    network = Network(graph, GivenWeights(nontrivial(graph, 0), "float64"), "float64")

    def interrupt(at: int, of: int) -> None:
        if at == 2:
            raise KeyboardInterrupt

    x = inputs(graph, 2, 0)
    wanted = network.run(x).output
    with pytest.raises(KeyboardInterrupt):
        network.run(x, watch=interrupt)
    assert network._buffers._lent
    np.testing.assert_array_equal(network.run(x).output, wanted)
    assert not network._buffers._lent


@pytest.mark.usefixtures("small_parts")
def test_every_part_is_done_once_by_any_of_the_workers() -> None:
    done: list[tuple[int, int]] = []
    with Workers() as team:
        for _ in range(20):
            done.clear()
            team.share(lambda part, worker: done.append((part, worker)), range(50))
            assert sorted(part for part, _ in done) == list(range(50))
            assert {worker for _, worker in done} <= set(range(THREADS))


class BrokenError(Exception):
    """Raised by a worker."""


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("bad", [0, 1, 7])
def test_an_error_of_any_worker_is_raised_and_the_next_work_is_done(bad: int) -> None:
    def work(part: int, worker: int) -> None:
        if part == bad:
            raise BrokenError

    with Workers() as team:
        with pytest.raises(BrokenError):
            team.share(work, range(8))
        done: list[int] = []
        team.share(lambda part, worker: done.append(part), range(8))
        assert sorted(done) == list(range(8))


def test_the_threads_of_matrix_products_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Overlapping runs, as in two threads, keep the limit until the last one ends."""

    class Library:
        num_threads = 4

        def set_num_threads(self, number: int) -> None:
            self.num_threads = number

    library, products = Library(), workers._Products()
    products._libraries = [library]
    monkeypatch.setattr(workers, "_products", lambda: products)
    first, second = Workers(), Workers()
    with first:
        assert (first.count, library.num_threads) == (4, 1)
        second.__enter__()
        assert second.count == 4
    assert library.num_threads == 1
    second.__exit__(None, None, None)
    assert library.num_threads == 4
    assert first.count == second.count == 1


@pytest.mark.usefixtures("small_parts")
def test_an_interrupt_while_a_worker_begins_is_what_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C may interrupt starting a thread; the next run is not affected."""
    before = workers.threads(), [each["num_threads"] for each in threadpool_info()]

    class Interrupted(workers.Thread):
        def start(self) -> None:
            raise KeyboardInterrupt

    team = Workers()
    with monkeypatch.context() as patched:
        patched.setattr(workers, "Thread", Interrupted)
        with pytest.raises(KeyboardInterrupt), team:
            team.share(lambda part, worker: None, range(8))
    assert (workers.threads(), [each["num_threads"] for each in threadpool_info()]) == before
    done: list[int] = []
    with team:
        team.share(lambda part, worker: done.append(part), range(8))
    assert sorted(done) == list(range(8))


@pytest.mark.parametrize("interrupted", range(8))
def test_an_interrupt_while_the_number_is_changed_puts_it_back(
    interrupted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At any point: before or after changing each of the two libraries, at the start or the end."""
    steps = iter(range(100))

    class Library:
        num_threads = 4

        def set_num_threads(self, number: int) -> None:
            self._interrupt()
            self.num_threads = number
            self._interrupt()

        def _interrupt(self) -> None:
            if next(steps) == interrupted:
                raise KeyboardInterrupt

    libraries, products = [Library(), Library()], workers._Products()
    monkeypatch.setattr(products, "_libraries", libraries)
    monkeypatch.setattr(workers, "_products", lambda: products)
    with pytest.raises(KeyboardInterrupt), Workers():
        pass
    assert [library.num_threads for library in libraries] == [4, 4]
    with Workers() as team:
        assert (team.count, [library.num_threads for library in libraries]) == (4, [1, 1])


def test_an_unknown_library_uses_one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Like Apple's, which shares its products itself."""
    products = workers._Products()
    products._libraries = []
    monkeypatch.setattr(workers, "_products", lambda: products)
    with Workers() as team:
        assert team.count == 1


@pytest.mark.usefixtures("small_parts")
def test_workers_are_as_silent_as_the_main_thread() -> None:
    def overflow(part: int, worker: int) -> None:
        np.exp(np.full(100_000, 1000.0))

    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"), Workers() as team:
        warnings.simplefilter("always")
        team.share(overflow, range(30))
    assert not said


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple),
    each=st.integers(1, 50),
    about=st.integers(1, 2000),
    fewest=st.integers(1, 40),
    among=st.integers(1, 4),
)
def test_blocks_cover_everything_once_in_order(
    sizes: tuple[int, ...], each: int, about: int, fewest: int, among: int
) -> None:
    array = np.arange(np.prod(sizes)).reshape(sizes)
    parts = [array[block] for block in blocks(sizes, each, about, fewest, among)]
    assert np.concatenate([part.ravel() for part in parts]).tolist() == array.ravel().tolist()
    assert all(part.flags.c_contiguous for part in parts)
    assert all(np.shares_memory(part, array) for part in parts)
    largest = max(part.size for part in parts)
    rows = array[0].size if array.ndim > 1 else 1
    assert largest * each <= max(about, each * (fewest + rows), each)


@pytest.mark.parametrize("among", [2, 3, 4])
def test_nobody_waits_for_the_last_part(among: int) -> None:
    parts = blocks((28, 28), 18432, 2 << 20, 384, among)
    lengths = [part[0].stop - part[0].start for part in parts]  # type: ignore[union-attr]
    assert all(before >= after for before, after in pairwise(lengths))
    assert len(parts) % among == 0 or len(parts) == 1
