"""The profile `torch` against torch.utils.flop_counter, on networks written for both."""

from collections.abc import Callable

import pytest

import cnncalc
from cnncalc.analysis.recount import recounted
from tests.analysis.written import report_of
from tests.with_torch import Module, flop_counter, nn, torch

pytestmark = pytest.mark.crosscheck


def flops(network: Module, *shape: int) -> int:
    """PyTorch's count for a run of a network."""
    with flop_counter.FlopCounterMode(display=False) as mode, torch.no_grad():
        network.eval()(torch.zeros(shape))
    total: int = mode.get_total_flops()
    return total


def classifier() -> list[Module]:
    return [
        nn.Sequential(nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.AvgPool2d(2), nn.Flatten()),
        nn.Sequential(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 10), nn.Softmax(1)),
    ]


def geometry() -> list[Module]:
    return [
        nn.Conv2d(8, 12, 3, groups=4, dilation=2),
        nn.Conv2d(12, 24, 3, stride=2, groups=12),
        nn.Conv2d(24, 7, (1, 3), padding=(0, 1), bias=False),
        nn.Sequential(nn.LayerNorm([7, 7, 8]), nn.GELU()),
    ]


def decoder() -> list[Module]:
    return [
        nn.ConvTranspose2d(6, 8, 4, 2, 1),
        nn.ConvTranspose2d(8, 4, 3, groups=2),
        nn.ConvTranspose2d(4, 2, 3, 3, output_padding=1),
        nn.Upsample(scale_factor=2, mode="bilinear"),
    ]


def signal() -> list[Module]:
    return [
        nn.Sequential(nn.Conv1d(2, 4, 3), nn.BatchNorm1d(4), nn.PReLU(4)),
        nn.ConvTranspose1d(4, 2, 2, 2),
        nn.LocalResponseNorm(5),
    ]


def volume() -> list[Module]:
    return [
        nn.Sequential(nn.Conv3d(1, 4, 3), nn.MaxPool3d(2), nn.Conv3d(4, 2, (1, 2, 2))),
        nn.Sequential(nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(2, 3, bias=False)),
    ]


NETWORKS: dict[Callable[[], list[Module]], tuple[tuple[int, ...], str]] = {
    classifier: (
        (1, 32, 32),
        "{conv: 6, kernel: 5, act: relu}; {maxpool: 2}; {conv: 16, kernel: 5, norm: batch}; {avgpool: 2};"
        "flatten; {dense: 120}; relu; {dense: 10}; softmax",
    ),
    geometry: (
        (8, 20, 21),
        "{conv: 12, kernel: 3, groups: 4, dilation: 2}; {depthwise: 3, stride: 2, multiplier: 2};"
        "{conv: 7, kernel: [1, 3], padding: [0, 1], bias: false}; {layernorm: {over: all}}; gelu",
    ),
    decoder: (
        (6, 7, 9),
        "{conv_transpose: 8, kernel: 4, stride: 2, padding: 1}; {conv_transpose: 4, kernel: 3, groups: 2};"
        "{conv_transpose: 2, kernel: 3, stride: 3, output_padding: 1}; {upsample: 2, mode: bilinear}",
    ),
    signal: (
        (2, 50),
        "{conv: 4, kernel: 3, norm: batch, act: prelu}; {conv_transpose: 2, kernel: 2, stride: 2}; lrn",
    ),
    volume: (
        (1, 9, 10, 11),
        "{conv: 4, kernel: 3}; {maxpool: 2}; {conv: 2, kernel: [1, 2, 2]}; global_avgpool; flatten;"
        "{dense: 3, bias: false}",
    ),
}


@pytest.mark.parametrize("build", NETWORKS)
@pytest.mark.parametrize("batch", [1, 3])
def test_the_total_is_what_pytorch_counts(build: Callable[[], list[Module]], batch: int) -> None:
    sizes, layers = NETWORKS[build]
    report = report_of(layers.split(";"), sizes[0], sizes[1:])
    own = recounted(report, "torch").totals.counted[0]
    assert batch * own == flops(nn.Sequential(*build()), batch, *sizes)
    assert own == 2 * report.totals.macs


def test_attention_counts_as_pytorch_counts_its_matrix_products() -> None:
    report = report_of(["{attention: 2}"], 8, (10,))
    module, x = nn.MultiheadAttention(8, 2, batch_first=True), torch.zeros(3, 10, 8)
    with flop_counter.FlopCounterMode(display=False) as mode:
        module(x, x, x, need_weights=True)
    assert 3 * recounted(report, "torch").totals.counted[0] == mode.get_total_flops()


def test_branches_count_as_pytorch_counts_them() -> None:
    text = """\
cnncalc: 1
input: [64, 15, 15]
layers:
  - add:
      main:
        - {conv: 32, kernel: 1, bias: false, act: relu}
        - {conv: 32, kernel: 3, stride: 2, padding: 1, bias: false, act: relu}
        - {conv: 128, kernel: 1, bias: false}
      shortcut:
        - {conv: 128, kernel: 1, stride: 2, bias: false}
  - relu
"""
    main = nn.Sequential(
        nn.Sequential(nn.Conv2d(64, 32, 1, bias=False), nn.ReLU()),
        nn.Sequential(nn.Conv2d(32, 32, 3, 2, 1, bias=False), nn.ReLU()),
        nn.Conv2d(32, 128, 1, bias=False),
    )
    shortcut = nn.Conv2d(64, 128, 1, 2, bias=False)
    report = recounted(cnncalc.analyze(cnncalc.load(text)), "torch")
    assert report.totals.counted == (flops(main, 1, 64, 15, 15) + flops(shortcut, 1, 64, 15, 15),)
    assert report.counting is not None
    assert report.counting.unknown == ("relu", "add")
