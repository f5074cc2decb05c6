"""Whole networks of the lectures: patterns of layers, the chart of costs, training, AlexNet's numbers."""

import json
import re
from pathlib import Path

import pytest

import cnncalc
from cnncalc.analysis.recount import recounted
from cnncalc.window import OUTPUT_SIZE
from tests.cli.conftest import Run

SPECS = Path(__file__).parents[2] / "specs"

# By operations, most expensive first, as in the chart. AlexNet is the single tower of 2014, the base of
# BN-AlexNet; that of 2012 in a single tower (`alexnet`) would need more than NIN.
BY_OPERATIONS = (
    "vgg19",
    "vgg16",
    "inception_v4",
    "resnet152",
    "resnet101",
    "inception_v3",
    "resnet50",
    "resnet34",
    "resnet18",
    "googlenet",
    "bn_nin",
    "nin",
    "bn_alexnet",
    "alexnet_torchvision",
    "enet",
)

# By parameters, largest first: the sizes of the chart's circles.
BY_PARAMETERS = (
    "vgg19",
    "vgg16",
    "bn_alexnet",
    "alexnet_torchvision",
    "resnet152",
    "resnet101",
    "inception_v4",
    "resnet50",
    "inception_v3",
    "resnet34",
    "resnet18",
    "bn_nin",
    "nin",
    "googlenet",
    "enet",
)


def compared(by: str, run: Run) -> list[str]:
    """The networks of the chart, in the order of `cnncalc compare`."""
    done = run("compare", *sorted(BY_OPERATIONS), "--sort", by, "--descending", "--format", "json")
    assert (done.code, done.err) == (0, "")
    return [network["spec"] for network in json.loads(done.out)["networks"]]


def kinds(report: cnncalc.Report) -> str:
    """The kinds of all layers, in the order of the network."""
    return " ".join(row.kind for row in report.layers)


def test_the_charted_networks_by_parameters(cnncalc: Run) -> None:
    """L2.12: the VGGs are the largest, ENet is the smallest by far."""
    assert compared("params", cnncalc) == list(BY_PARAMETERS)


def test_the_charted_networks_by_operations(cnncalc: Run) -> None:
    """L2.12: the VGGs need the most. Without ENet, because the bundled one segments 512×512."""
    without_enet = [name for name in compared("flops", cnncalc) if name != "enet"]
    assert (*without_enet, "enet") == BY_OPERATIONS


def test_the_cheapest_charted_network_on_images_of_the_same_size() -> None:
    """L2.12: at 224×224, like the others, ENet needs the fewest operations."""
    enet = cnncalc.analyze(cnncalc.load("enet"), input="3x224x224")
    others = (cnncalc.analyze(cnncalc.load(name)) for name in BY_OPERATIONS if name != "enet")
    assert enet.totals.flops < min(other.totals.flops for other in others)


@pytest.mark.parametrize(("x", "y", "z"), [(1, 3, 1), (2, 3, 2), (3, 5, 3), (1, 1, 1)])
def test_the_pattern_of_layers_has_three_numbers(x: int, y: int, z: int) -> None:
    """L2.8: [CONV → ReLU]×X → POOL, ×Y, FLATTEN, FC×Z → SOFTMAX."""
    report = cnncalc.analyze(cnncalc.load("lectures/layer_pattern"), set={"x": x, "y": y, "z": z})
    stage = "conv relu " * x + "maxpool "
    assert kinds(report) == stage * y + "flatten " + "dense " * z + "softmax"


def test_vgg16_is_such_a_pattern() -> None:
    """L2.8: X is 2 in two stages and 3 in three, Z is 3, with ReLU and dropout between."""
    pattern = (
        "(conv relu conv relu maxpool ){2}((conv relu ){3}maxpool ){3}flatten (dense relu dropout ){2}dense"
    )
    assert re.fullmatch(pattern, kinds(cnncalc.analyze(cnncalc.load("vgg16"))))


def test_googlenet_is_made_of_inception_modules() -> None:
    """L2.10: nine times four branches, concatenated."""
    joins = [row for row in cnncalc.analyze(cnncalc.load("googlenet")).layers if row.kind == "concat"]
    assert [len(row.inputs) for row in joins] == [4] * 9


@pytest.mark.parametrize(
    ("network", "blocks"),
    [("resnet18", 8), ("resnet34", 16), ("resnet50", 16), ("resnet101", 33), ("resnet152", 50)],
)
def test_resnets_are_made_of_skip_connections(network: str, blocks: int) -> None:
    """L2.11: each block adds its input to its output."""
    joins = [row for row in cnncalc.analyze(cnncalc.load(network)).layers if row.kind == "add"]
    assert [len(row.inputs) for row in joins] == [2] * blocks


def test_a_convolutional_last_layer_takes_other_images() -> None:
    """L1.13: the same weights at twice the size; a dense layer would need others."""
    dense, convolutional = (
        [
            cnncalc.analyze(cnncalc.load(f"lectures/last_layer_{name}"), input=image).layer("scores")
            for image in ("3x32x32", "3x64x64")
        ]
        for name in ("dense", "convolutional")
    )
    assert [row.weights["weight"] for row in dense] == [(3, 2048), (3, 8192)]
    assert [row.weights["weight"] for row in convolutional] == [(3, 32, 1, 1)] * 2


# Activations saved for LeNet-5: inputs of trainable layers and outputs of tanh, each at its first use.
KEPT = {
    "conv1": 32 * 32,
    "conv1.act": 6 * 28 * 28,
    "conv2": 6 * 14 * 14,
    "conv2.act": 16 * 10 * 10,
    "conv3": 16 * 5 * 5,
    "conv3.act": 120,
    "fc1.act": 84,
}


def test_training_keeps_values_for_the_backward_pass() -> None:
    """L1.14: how many, layer by layer."""
    report = cnncalc.analyze(cnncalc.load("lenet5"))
    assert {row.name: row.kept for row in report.layers if row.kept} == {
        name: 4 * values for name, values in KEPT.items()
    }
    assert report.memory.kept == 4 * sum(KEPT.values())


@pytest.mark.parametrize("network", ["lenet5", "alexnet", "vgg16", "resnet50"])
def test_training_needs_more_memory_than_inference(network: str) -> None:
    """L1.14: and also the computation of each layer."""
    report = cnncalc.analyze(cnncalc.load(network), batch=8)
    assert report.memory.training > report.memory.inference
    assert report.memory.training - report.memory.kept == 2 * report.memory.parameters + report.memory.buffers
    assert all(row.flops > 0 for row in report.layers if row.params.total)
    assert sum(row.flops for row in report.layers) == report.totals.flops


def test_frozen_layers_save_memory_in_training() -> None:
    """L2.13: VGG-16 with frozen convolutions saves only what the dense layers need."""
    text = (SPECS / "vgg16.yaml").read_text(encoding="utf-8")
    whole = cnncalc.analyze(cnncalc.load(text))
    frozen = cnncalc.analyze(cnncalc.load(f"{text}freeze: [conv1, conv2, conv3, conv4, conv5]\n"))
    convolutions = 14_714_688
    assert frozen.totals.params.total == whole.totals.params.total == 138_357_544
    assert (frozen.totals.params.frozen, frozen.totals.params.trainable) == (convolutions, 123_642_856)
    assert whole.memory.gradients - frozen.memory.gradients == 4 * convolutions
    assert frozen.totals.macs == whole.totals.macs
    assert all(not row.kept for row in frozen.layers if row.name.startswith(("conv", "pool")))
    saved = whole.memory.training - frozen.memory.training
    assert saved > 4 * convolutions
    assert saved == 4 * convolutions + whole.memory.kept - frozen.memory.kept


def test_the_head_alone_keeps_its_own_input() -> None:
    """L2.13: 128 values of four bytes; full training saves every map."""
    spec = cnncalc.load("lectures/transfer_learning")
    memory = cnncalc.analyze(spec).memory
    assert memory.kept == 4 * 128
    assert memory.gradients == 4 * 645


def test_the_first_layer_of_alexnet() -> None:
    """L4.9: size, parameters, and "computations": a multiply-add per weight, plus one add for the bias."""
    report = cnncalc.analyze(cnncalc.load("alexnet"))
    row = recounted(report, "lecture").layer("conv1")
    assert str(OUTPUT_SIZE(n=227, p=0, d=1, k=11, s=4)) == "⌊(227 + 0 − 1·(11 − 1) − 1)/4⌋ + 1 = 55"
    assert row.output.dims("hwc") == (55, 55, 96)
    assert row.params.total == (11 * 11 * 3 + 1) * 96 == 34_944
    assert row.counted == (34_944 * 55 * 55,) == (105_705_600,)
    assert row.costs.macs + row.costs.adds == row.connections.biased == 105_705_600


@pytest.mark.parametrize(("spec", "params"), [("alexnet", 62_378_344), ("alexnet_grouped", 60_965_224)])
def test_the_whole_of_alexnet(spec: str, params: int) -> None:
    """L4.9: 5 + 3 layers, 60 million parameters, 650,000 neurons: 650,080 of the convolutions."""
    report = cnncalc.analyze(cnncalc.load(spec))
    assert report.totals.params.total == params
    assert params // 1_000_000 in (60, 62)
    layers = {kind: [row for row in report.layers if row.kind == kind] for kind in ("conv", "dense")}
    assert {kind: len(rows) for kind, rows in layers.items()} == {"conv": 5, "dense": 3}
    assert sum(row.neurons for row in layers["conv"]) == 650_080
    assert report.totals.neurons == 650_080 + 4096 + 4096 + 1000
