"""The readable writer: from the graph form to blocks, parameters, repeats and defaults."""

import pytest
from msgspec import structs

from cnncalc import analyze, load
from cnncalc.interchange import conversion
from cnncalc.interchange.conversion import converted
from cnncalc.interchange.network import ForeignError, ModelGraph
from cnncalc.interchange.verification import differences
from cnncalc.interchange.writer import flat, with_blocks
from cnncalc.interchange.writer.heads import SpecText
from cnncalc.layers.activation import Relu
from cnncalc.layers.convolution import Conv, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.merging import Add, Concat, Mul, Subtract
from cnncalc.layers.normalization import BatchNorm
from cnncalc.layers.pooling import GlobalAvgPool, MaxPool
from cnncalc.layers.resampling import Upsample
from cnncalc.layers.reshaping import Slice
from tests.interchange.networks import Builder


def layers_of(text: str) -> str:
    """The sections from `defaults` on, without `expect`."""
    _, _, rest = text.partition("\n\n")
    return rest.partition("\n\nexpect")[0]


def unit(net: Builder, name: str, filters: int, kernel: int, stride: int = 1, act: bool = True) -> int:
    """A convolution with its norm and activation."""
    number = name[-1]
    net.add(name, Conv(filters, kernel, stride, padding=kernel // 2, bias=False))
    node = net.add(f"bn{number}", BatchNorm())
    return net.add("", Relu()) if act else node


def residual(net: Builder, path: str, filters: int, stride: int) -> None:
    """A basic block of a ResNet, with a projection where the shape changes."""
    entry = len(net.shapes) - 1
    net.open(path, "BasicBlock")
    unit(net, "conv1", filters, 3, stride)
    main = unit(net, "conv2", filters, 3, act=False)
    if stride > 1 or net.shapes[entry].channels != filters:
        net.open(f"{path}.downsample", "Sequential")
        net.add("0", Conv(filters, 1, stride, bias=False), entry)
        entry = net.add("1", BatchNorm())
        net.close()
    net.add("", Add(), main, entry)
    net.add("relu", Relu())
    net.close()


def resnet() -> ModelGraph:
    net = Builder(input=(3, 32, 32))
    unit(net, "conv1", 16, 3)
    for stage, filters in enumerate((16, 32, 64), 1):
        for at in range(3):
            residual(net, f"layer{stage}.{at}", filters, 2 if stage > 1 and not at else 1)
    net.add("pool", GlobalAvgPool())
    net.add("fc", Dense(10))
    return net.network()


def test_a_residual_network_has_a_block_with_a_projection_and_stages() -> None:
    assert (
        layers_of(converted(resnet()).text)
        == """\
defaults:
  conv: {bias: false, padding: half, norm: batch}

blocks:
  basic_block:
    params: [width, stride=1]
    layers:
      - add:
          main:
            - {conv: width, kernel: 3, stride: stride, act: relu}
            - {conv: width, kernel: 3}
          downsample:
            - {conv: width, kernel: 1, stride: stride, when: input.channels != width, name: downsample}
      - relu

layers:
  - {conv: 16, kernel: 3, act: relu}
  - {use: basic_block, width: 16, repeat: 3, name: layer1}
  - {use: basic_block, width: 32, stride: 2 if first else 1, repeat: 3, name: layer2}
  - {use: basic_block, width: 64, stride: 2 if first else 1, repeat: 3, name: layer3}
  - {global_avgpool: , name: pool}
  - {dense: 10, name: fc}"""
    )


def test_flat_has_a_line_for_each_layer_under_its_own_name() -> None:
    text = converted(resnet(), flat=True).text
    lines = layers_of(text).splitlines()
    assert len(lines) == 1 + len(resnet().steps)
    assert '  - {conv: 16, kernel: 3, padding: half, bias: false, name: "layer1.0.conv1"}' in lines
    assert '  - {add: ["layer2.0.bn2", "layer2.0.downsample.1"], name: "layer2.0.add"}' in lines
    both = analyze(text), analyze(converted(resnet()).text)
    assert both[0].totals == both[1].totals


def test_a_growing_concatenation_becomes_one_of_two() -> None:
    net = Builder(input=(4, 8, 8))
    parts = [net.add("stem", Conv(8, 3, padding=1))]
    for at in range(4):
        net.open(f"block.layer{at}", "DenseLayer")
        if at:
            net.add("", Concat(), *parts)
        net.add("norm", BatchNorm())
        net.add("relu", Relu())
        parts.append(net.add("conv", Conv(4, 3, padding=1)))
        net.close()
    net.add("", Concat(), *parts)
    assert (
        layers_of(converted(net.network()).text)
        == """\
defaults:
  conv: {padding: half}

blocks:
  dense_layer:
    layers:
      - {batchnorm: , name: norm}
      - relu
      - {conv: 4, kernel: 3}
      - {concat: [input, prev]}

layers:
  - {conv: 8, kernel: 3, name: stem}
  - {use: dense_layer, repeat: 4, name: block}"""
    )


def test_an_optional_expansion_and_a_conditional_sum() -> None:
    net = Builder(input=(3, 32, 32))
    net.add("stem", Conv(8, 3, 2, padding=1))
    for at, (expand, filters, stride) in enumerate([(1, 8, 1), (4, 16, 2), (4, 16, 1), (6, 16, 1)]):
        entry = len(net.shapes) - 1
        channels = net.shapes[entry].channels
        net.open(f"features.{at}", "InvertedResidual")
        if expand > 1:
            net.add("expand", Conv(channels * expand, 1))
        net.add("depthwise", Depthwise(3, stride, padding=1))
        last = net.add("project", Conv(filters, 1))
        if stride == 1 and channels == filters:
            net.add("", Add(), entry, last)
        net.close()
    assert (
        layers_of(converted(net.network()).text)
        == """\
blocks:
  inverted_residual:
    params: [out, stride=1, expand=4, has_expand=true]
    layers:
      - {conv: input.channels * expand, kernel: 1, when: has_expand, name: expand}
      - {depthwise: 3, stride: stride, padding: half}
      - {conv: out, kernel: 1, name: project}
      - {add: [input, prev], when: input.channels == prev.channels}

layers:
  - {conv: 8, kernel: 3, stride: 2, padding: half, name: stem}
  - {use: inverted_residual, out: 8, has_expand: false}
  - {use: inverted_residual, out: 16, stride: 2 if first else 1, repeat: 2}
  - {use: inverted_residual, out: 16, expand: 6}"""
    )


def gate(net: Builder, path: str) -> None:
    """Squeeze-and-excitation."""
    entry = len(net.shapes) - 1
    net.open(path, "Gate")
    net.add("pool", GlobalAvgPool())
    net.add("reduce", Conv(4, 1))
    net.add("expand", Conv(net.shapes[entry].channels, 1))
    net.add("", Mul(), entry, len(net.shapes) - 1)
    net.close()


def test_a_block_inside_another_one_that_some_uses_lack() -> None:
    net = Builder(input=(8, 16, 16))
    for at, filters in enumerate((16, 32, 64)):
        net.open(f"blocks.{at}", "Unit")
        net.add("conv", Conv(filters, 3, padding=1))
        net.open(f"blocks.{at}.bn", "NormAct")
        net.add("", BatchNorm())
        net.add("act", Relu())
        net.close()
        if at != 1:
            gate(net, f"blocks.{at}.se")
        net.add("project", Conv(filters, 1))
        net.close()
    assert (
        layers_of(converted(net.network()).text)
        == """\
blocks:
  gate:
    layers:
      - {global_avgpool: , name: pool}
      - {conv: 4, kernel: 1, name: reduce}
      - {conv: input.channels, kernel: 1, name: expand}
      - {mul: [input, prev]}
  unit:
    params: [se=true]
    layers:
      - {conv: input.channels * 2, kernel: 3, padding: half, norm: batch, act: relu}
      - {use: gate, when: se, name: se}
      - {conv: input.channels * 2, kernel: 1, name: project}

layers:
  - {use: unit}
  - {use: unit, se: false if first else true, repeat: 2}"""
    )


def test_channels_that_enter_the_block_inside_a_branch() -> None:
    net = Builder(input=(8, 16, 16))
    for at in range(2):
        net.open(f"stages.{at}", "Partial")
        channels = net.shapes[-1].channels
        wide = net.add("wide", Conv(channels * 4, 1))
        half = net.add("", Slice((0, channels * 2)), wide)
        net.add("", Slice((channels * 2, channels * 4)), wide)
        net.add("", Concat(), half, net.add("inner", Conv(channels, 3, padding=1)))
        net.add("join", Conv(channels * 2, 1))
        net.close()
    assert (
        layers_of(converted(net.network()).text)
        == """\
blocks:
  partial:
    layers:
      - {conv: input.channels * 4, kernel: 1, name: wide}
      - concat:
          stages:
            - {slice: [0, entry.channels * 2]}
          main:
            - {slice: [entry.channels * 2, entry.channels * 4]}
            - {conv: entry.channels, kernel: 3, padding: half, name: inner}
      - {conv: input.channels * 2, kernel: 1, name: join}

layers:
  - {use: partial, repeat: 2, name: stages}"""
    )


def test_the_skip_of_a_block_that_does_not_read_the_layer_before_has_a_name() -> None:
    net = Builder(input=(8, 16, 16))
    for at in range(2):
        entry = len(net.shapes) - 1
        net.add(f"wide{at}", Conv(8, 1))
        skip = net.add(f"side{at}", Conv(8, 1))
        net.open(f"joins.{at}", "Join")
        net.add("conv", Conv(8, 3, padding=1), entry)
        net.add("", Add(), len(net.shapes) - 1, skip)
        net.close()
    lines = layers_of(converted(net.network()).text).splitlines()
    assert "  - {use: join, skip: side0, from: input, name: joins_0}" in lines
    assert "  - {use: join, skip: side1, from: joins_0}" in lines


def test_a_skip_that_spans_much_is_a_name() -> None:
    net = Builder(input=(1, 32, 32))
    skips = []
    for at, filters in enumerate((8, 16)):
        net.open(f"down{at}", "Double")
        net.add("0", Conv(filters, 3, padding=1))
        skips.append(net.add("1", Conv(filters, 3, padding=1)))
        net.close()
        net.add(f"pool{at}", MaxPool(2))
    for at, filters in enumerate((16, 8)):
        entry = len(net.shapes) - 1
        net.open(f"up{at}", "Up")
        net.add("scale", Upsample(2), entry)
        net.add("", Concat(), skips[1 - at], len(net.shapes) - 1)
        net.add("conv", Conv(filters, 3, padding=1))
        net.close()
    assert (
        layers_of(converted(net.network()).text)
        == """\
defaults:
  conv: {padding: half}

blocks:
  up:
    params: [out]
    inputs: [skip]
    layers:
      - {upsample: 2, name: scale}
      - {concat: [skip, prev]}
      - {conv: out, kernel: 3}

layers:
  - {conv: 8, kernel: 3, repeat: 2, name: down0}
  - {maxpool: 2, name: pool0}
  - {conv: 16, kernel: 3, repeat: 2, name: down1}
  - {maxpool: 2, name: pool1}
  - {use: up, out: 16, skip: down1, name: up0}
  - {use: up, out: 8, skip: down0}"""
    )


def test_several_inputs_and_outputs_shared_and_frozen_weights() -> None:
    net = Builder(left=(3, 8, 8), right=(3, 8, 8))
    one = net.add("stem", Conv(4, 3), 0, frozen=True)
    other = net.add("stem", Conv(4, 3), 1, shares=one, frozen=True)
    joined = net.add("", Concat(), one, other)
    scores = net.add("scores", Conv(2, 1), joined)
    boxes = net.add("boxes", Conv(4, 1), joined)
    network = net.network([scores, boxes])
    report = analyze(converted(network).text)
    assert report.totals.params.total == 3 * 4 * 9 + 4 + 8 * 2 + 2 + 8 * 4 + 4
    assert report.totals.params.frozen == 3 * 4 * 9 + 4
    assert {name: row.output.dims() for name, row in report.outputs.items()} == {
        "output1": (2, 6, 6),
        "output2": (4, 6, 6),
    }
    assert analyze(converted(network, flat=True).text).totals == report.totals


def test_a_head_for_training_is_auxiliary() -> None:
    net = Builder(input=(3, 8, 8))
    stem = net.add("stem", Conv(4, 3))
    head = net.add("aux", Conv(2, 1), stem)
    top = net.add("top", Conv(5, 1), stem)
    report = analyze(converted(net.network([top], [head])).text)
    assert report.totals.params.total == 3 * 4 * 9 + 4 + 4 * 5 + 5
    assert report.params_with_auxiliary == report.totals.params.total + 4 * 2 + 2


WRONG = {
    "output": (17, 32, 32),
    "macs": 1,
    "tensors": {"conv1.weight": (16, 3, 3, 2)},
    "frozen": True,
    "layer": Conv(16, 3, padding=1, bias=True),
    "shares": 4,
    "inputs": (2,),
}


def test_parameters_of_the_whole_network_are_compared() -> None:
    network = resnet()
    written = with_blocks(network)
    graph = load(written.text).graph
    total = analyze(written.text).totals.params.total
    for parameters, count in ((total, 0), (total + 1, 1)):
        measured = structs.replace(network, parameters=parameters)
        assert len([*differences(graph, measured, written.nodes)]) == count


@pytest.mark.parametrize("field", WRONG)
def test_nothing_is_written_that_differs_from_what_was_measured(field: str) -> None:
    network = resnet()
    wrong = structs.replace(network.steps[3], **{field: WRONG[field]})
    written = with_blocks(network)
    steps = (*network.steps[:3], wrong, *network.steps[4:])
    measured = structs.replace(network, steps=steps)
    graph = load(written.text).graph
    assert [*differences(graph, network, written.nodes)] == []
    assert [*differences(graph, measured, written.nodes)]


def test_what_cannot_be_written_exactly_is_an_error() -> None:
    network = resnet()
    first = structs.replace(network.steps[0], macs=7)
    with pytest.raises(ForeignError, match="conv1: multiply-adds 442368; the network has 7"):
        converted(structs.replace(network, steps=(first, *network.steps[1:])))


def test_a_module_that_is_called_twice_is_a_block_that_shares() -> None:
    net = Builder(left=(3, 8, 8), right=(3, 8, 8))
    ends: list[int] = []
    owners: list[int | None] = [None, None]
    for entry in (0, 1):
        net.open("tower", "Sequential")
        one = net.add("0", Conv(4, 3), entry, shares=owners[0])
        two = net.add("1", Conv(8, 3), one, shares=owners[1])
        net.close()
        owners = [one, two]
        ends.append(net.add("", GlobalAvgPool(), two))
    net.add("", Subtract(), *ends)
    assert (
        layers_of(converted(net.network()).text)
        == """\
blocks:
  tower:
    layers:
      - {conv: 4, kernel: 3}
      - {conv: 8, kernel: 3}

layers:
  - subtract:
      main:
        - {use: tower, from: left, name: tower}
        - global_avgpool
      skip:
        - {use: tower, share: main.tower, from: right, name: tower}
        - global_avgpool"""
    )


def test_layers_of_a_block_that_share_among_themselves() -> None:
    net = Builder(input=(4, 8, 8))
    for number in range(3):
        net.open(f"units.{number}", "Unit")
        entry = net.add("mix", Conv(4, 3, padding=1))
        first = net.add("scale", Conv(4, 1), entry)
        pooled = net.add("", MaxPool(3, 1, padding=1), entry)
        net.add("", Add(), first, net.add("scale", Conv(4, 1), pooled, shares=first))
        net.close()
    text = converted(net.network()).text
    assert "- {conv: 4, kernel: 1, share: scale.scale, name: scale}" in text
    assert "- {use: unit, repeat: 3, name: units}" in text


def test_why_there_are_no_blocks_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(network: ModelGraph) -> SpecText:
        text = with_blocks(network)
        return structs.replace(text, text=text.text.replace("kernel: 7", "kernel: 5"))

    monkeypatch.setattr(conversion, "FORMS", (wrong, flat))
    net = Builder(input=(3, 8, 8))
    net.add("stem", Conv(4, 7, padding=3))
    reason = "stem: multiply-adds 19200; the network has 37632"
    assert converted(net.network()) == conversion.Conversion(
        converted(net.network(), flat=True).text,
        (f"written without blocks, which would not be exact: {reason}",),
    )
