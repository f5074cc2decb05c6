"""Memory: peaks against a simulation of every tensor's lifetime, sums against hand counts."""

import pytest

from cnncalc import Graph, analyze, load
from cnncalc.analysis.memory import megabytes

NETWORKS = ("lenet5", "alexnet", "googlenet", "resnet50", "densenet121", "unet", "wavenet", "efficientnet_b0")


def storage(graph: Graph, at: int) -> int:
    """The node that owns the memory of a node's output."""
    node = graph.nodes[at]
    return storage(graph, node.inputs[0]) if node.layer.is_view else at


def alive_by_definition(graph: Graph, now: int) -> int:
    """Elements of every existing tensor that is read now or later, or is the result."""
    readers: dict[int, list[int]] = {at: [at] for at in range(len(graph.nodes))}
    for at, node in enumerate(graph.nodes):
        for read in node.inputs:
            readers[storage(graph, read)].append(at)
    readers[storage(graph, graph.output)].append(len(graph.nodes))
    kept = (at for at in range(now + 1) if storage(graph, at) == at and max(readers[at]) >= now)
    return sum(graph.nodes[at].shape.size for at in kept)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_alive_is_what_is_still_read(name: str) -> None:
    spec = load(name)
    report = analyze(spec)
    expected = [4 * alive_by_definition(spec.graph, at) for at in range(1, len(spec.graph.nodes))]
    assert [row.alive for row in report.layers] == expected
    assert report.memory.peak == max(expected)
    assert report.layer(report.memory.peak_layer).alive == report.memory.peak


def test_a_residual_connection_keeps_its_tensor_alive() -> None:
    text = "cnncalc: 1\ninput: [2, 4, 4]\nlayers:\n  - {conv: 3, kernel: 1, name: a}\n"
    text += "  - {conv: 3, kernel: 1, name: b}\n  - {conv: 3, kernel: 1, name: c}\n  - {add: [a, prev]}\n"
    alive = [row.alive // 4 // 16 for row in analyze(load(text)).layers]
    assert alive == [2 + 3, 3 + 3, 3 + 3 + 3, 3 + 3 + 3]


@pytest.mark.parametrize(
    ("data_type", "size"), [("float64", 8), ("float32", 4), ("float16", 2), ("bfloat16", 2), ("int8", 1)]
)
def test_everything_scales_with_the_bytes_of_a_number(data_type: str, size: int) -> None:
    memory = analyze(load("lenet5"), data_type=data_type).memory  # type: ignore[arg-type]
    assert memory.parameters == 61_706 * size
    assert memory.peak == 2 * 6 * 28 * 28 * size


@pytest.mark.parametrize(("optimizer", "states"), [("sgd", 0), ("momentum", 1), ("adam", 2)])
def test_an_optimizer_keeps_its_states_for_each_trainable_number(optimizer: str, states: int) -> None:
    memory = analyze(load("lenet5"), optimizer=optimizer).memory  # type: ignore[arg-type]
    assert memory.optimizer == 61_706 * 4 * states
    assert memory.gradients == 61_706 * 4
    expected = memory.parameters + memory.buffers + memory.gradients + memory.optimizer + memory.kept
    assert memory.training == expected


def test_a_batch_multiplies_activations_and_leaves_parameters() -> None:
    one, many = analyze(load("resnet50")).memory, analyze(load("resnet50"), batch=8).memory
    assert (many.peak, many.kept, many.activations) == (8 * one.peak, 8 * one.kept, 8 * one.activations)
    assert (many.parameters, many.gradients) == (one.parameters, one.gradients)


def test_freezing_the_first_layers_saves_what_they_would_keep() -> None:
    text = "cnncalc: 1\ninput: [1, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3, act: relu, name: a%s}\n"
    text += "  - {conv: 4, kernel: 3, act: relu, name: b}\n  - flatten\n  - {dense: 2}\n"
    learning, frozen = (analyze(load(text % freeze)).memory for freeze in ("", ", freeze: true"))
    # All trainable: the input and both ReLU outputs (the dense layer's input is the second, flattened).
    assert learning.kept == 4 * (64 + 4 * 36 + 4 * 16)
    # With `a` frozen, only b's input is needed before `b`, which is the first ReLU's output.
    assert frozen.kept == 4 * (4 * 36 + 4 * 16)
    assert frozen.gradients == learning.gradients - 4 * (9 * 4 + 4)


def test_sizes_that_no_float_can_hold_are_formatted() -> None:
    assert megabytes(10**309).startswith("1,000,000,")
    assert [megabytes(size) for size in (999, 1000, 9_450, 102_228_128)] == [
        "999 bytes",
        "1.0 KB",
        "9.5 KB",
        "102.2 MB",
    ]
