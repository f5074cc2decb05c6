"""Memory of the executor: bands of windows, early release of tensors, reuse of buffers, no corruption."""

import tracemalloc
from math import prod
from typing import Any

import numpy as np
import pytest

from cnncalc import Spec, analyze, init_weights, load, run
from cnncalc.executor.io.inputs import noise
from cnncalc.executor.io.weights import GivenWeights
from cnncalc.executor.network import Network
from cnncalc.executor.ops import correlation
from cnncalc.executor.runtime import workers
from cnncalc.executor.runtime.buffers import Buffers
from cnncalc.executor.runtime.context import OpContext
from cnncalc.graph import Graph
from tests.conftest import bundled

FLOAT = 4
"""Bytes of a float32."""


@pytest.fixture(autouse=True)
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each worker has its own band: the bounds here are for one worker, regardless of the environment."""
    monkeypatch.setattr(workers, "threads", lambda: 1)


class Measured(Buffers):
    """Buffers that record the peak of lent memory and the total allocated."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self.made: set[int] = set()

    def lend(self, *args: Any) -> Any:
        array = super().lend(*args)
        blocks = self._lent.values()
        self.peak = max(self.peak, sum(block.nbytes for block in blocks))
        self.made |= {block.__array_interface__["data"][0] for block in blocks}
        return array


def ready(spec: Spec, **options: Any) -> Network:
    return Network(spec.graph, GivenWeights(init_weights(spec), "float32"), **options)


def measuring(network: Network) -> Measured:
    """The network's buffers, replaced by measured ones."""
    buffers = network._buffers = Measured()
    for ctx in network._contexts:
        ctx._buffers = buffers
    return buffers


def sample(graph: Graph, seed: int = 0) -> np.ndarray:
    return noise(graph.nodes[0].shape, graph.layout, 1, seed)


def one_layer(line: str, dims: tuple[int, ...]) -> Spec:
    return load(f"cnncalc: 1\ninput: {list(dims)}\nlayers:\n  - {line}\n")


@pytest.fixture
def borrowed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The bytes of all memory that operations request."""
    sizes: list[int] = []
    original = OpContext.empty

    def empty(self: OpContext, shape: tuple[int, ...]) -> np.ndarray:
        sizes.append(prod(shape) * FLOAT)
        return original(self, shape)

    monkeypatch.setattr(OpContext, "empty", empty)
    return sizes


WIDE = [
    ("{conv: 8, kernel: 3}", (16, 130, 130)),
    ("{conv: 8, kernel: 7, stride: 2}", (3, 226, 226)),
    ("{conv: 16, kernel: 3, groups: 4}", (16, 130, 130)),
    ("{conv: 4, kernel: 3}", (8, 20, 32, 32)),
    ("{conv: 4, kernel: 64}", (4, 9000)),
    ("{separable: 8, kernel: 5}", (16, 96, 96)),
    ("{depthwise: 5}", (16, 96, 96)),
    ("{depthwise: 5, stride: 2}", (16, 192, 192)),
]


@pytest.mark.parametrize(("line", "dims"), WIDE, ids=[line for line, _ in WIDE])
def test_windows_are_written_side_by_side_only_for_a_band(
    borrowed: list[int], line: str, dims: tuple[int, ...]
) -> None:
    """A band is `BAND` bytes, or the rows that a matrix product needs; all windows would need more."""
    (node,) = one_layer(line, dims).graph.layers
    run(one_layer(line, dims))
    layer: Any = node.layer
    row = dims[0] * layer.kernel ** (len(dims) - 1) * FLOAT
    band = max(correlation.BAND, 2 * correlation.FEWEST_ROWS * row)
    between = dims[0] * node.shape.positions * FLOAT  # intermediate maps of a separable convolution
    assert node.shape.positions * row > 1.5 * band, "too small a case to show anything"
    assert max(borrowed) <= max(band, node.shape.size * FLOAT, between)


LARGE = {"resnet50": 8, "mobilenet_v2": 5, "densenet121": 1.8, "googlenet": 3}
"""The minimum ratio of all activations to the peak of lent memory."""


@pytest.mark.parametrize("name", bundled(LARGE, {"mobilenet_v2", "googlenet"}))
def test_tensors_are_let_go_with_their_last_reader(name: str) -> None:
    spec = load(name)
    network = ready(spec)
    buffers = measuring(network)
    network.run(sample(spec.graph))
    together = sum(node.shape.size * FLOAT for node in spec.graph.layers)
    assert buffers.peak * LARGE[name] < together
    assert not buffers._lent, "all memory came back"
    assert not buffers._holders


@pytest.mark.parametrize("name", bundled(["resnet50", "densenet121", "unet"], {"densenet121"}))
def test_a_second_run_makes_no_more_memory(name: str) -> None:
    spec = load(name, input={"unet": "1x188x188"}.get(name, "3x96x96"))
    network = ready(spec)
    network.run(sample(spec.graph))
    buffers = network._buffers
    held = {id(block) for block in buffers._free}
    network.run(sample(spec.graph))
    assert {id(block) for block in buffers._free} == held


def test_the_peak_that_numpy_allocates_is_far_below_all_activations() -> None:
    """All memory of operations, not only borrowed memory."""
    spec = load("resnet50", input="3x160x160")
    network = ready(spec)
    x = sample(spec.graph)
    network.run(x)
    fresh = ready(spec)
    fresh._contexts = network._contexts  # weights are already prepared
    tracemalloc.start()
    fresh.run(x)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    together = sum(node.shape.size * FLOAT for node in spec.graph.layers)
    assert peak * 4 < together


@pytest.mark.parametrize("name", bundled(["resnet18", "lenet5_1998", "densenet121"]))
def test_the_plain_way_holds_what_the_analysis_says_is_alive(name: str) -> None:
    spec = load(name, input={"lenet5_1998": "1x32x32"}.get(name, "3x64x64"))
    found = max(trace.alive for trace in run(spec, quick=False).traces)
    assert found == analyze(spec).memory.peak


SPECS = ["lenet5", "resnet18", "mobilenet_v3_small", "densenet121", "shufflenet_v2_x1_0"]


def reduced(name: str) -> Spec:
    return load(name, input={"lenet5": "1x32x32"}.get(name, "3x64x64"))


@pytest.mark.parametrize("name", bundled(SPECS, {"lenet5", "shufflenet_v2_x1_0"}))
def test_running_again_changes_nothing(name: str) -> None:
    """A second run gives bit-identical outputs and does not change those kept from the first."""
    spec = reduced(name)
    network, x = ready(spec), sample(spec.graph)
    first = network.run(x, keep="*")
    kept = {layer: values.copy() for layer, values in first.items()}
    output = first.output.copy()
    network.run(sample(spec.graph, seed=1))
    again = network.run(x, keep="*")
    assert np.array_equal(output, first.output)
    assert np.array_equal(output, again.output)
    for layer, values in kept.items():
        assert np.array_equal(values, first[layer]), layer
        assert np.array_equal(values, again[layer]), layer


@pytest.mark.parametrize("name", bundled(SPECS, {"lenet5", "shufflenet_v2_x1_0"}))
def test_what_is_kept_does_not_depend_on_what_else_is(name: str) -> None:
    """Keeping one layer while others may overwrite their inputs gives the same output."""
    spec = reduced(name)
    x = sample(spec.graph)
    careful = ready(spec, overwrite=False).run(x, keep="*")
    network = ready(spec)
    names = [node.name for node in spec.graph.layers]
    for layer in names[:: max(len(names) // 8, 1)]:
        assert np.array_equal(network.run(x, keep=[layer])[layer], careful[layer]), layer


@pytest.mark.parametrize("layout", ["chw", "hwc"])
@pytest.mark.parametrize("line", ["relu", "identity", "{batchnorm: }", "tanh", "{clamp: }", "{scale: }"])
def test_the_caller_s_input_is_never_written_to(layout: str, line: str) -> None:
    text = f"cnncalc: 1\nlayout: {layout}\ninput: [6, 6, 6]\nlayers:\n  - identity\n  - {line}\n  - relu\n"
    spec = load(text)
    x = sample(spec.graph)
    x.flags.writeable = False
    before = x.copy()
    found = run(spec, x)
    assert np.array_equal(x, before)
    assert not np.shares_memory(found.output, x)
