"""How other tools count: each profile reproduces exactly what its tool prints.

figures_of_tools.md lists the versions used; the same versions were used for NETWORKS, on the models of
torchvision 0.28. Figures of netscope come from its source, github.com/dgschwend/netscope,
src/analyzer.coffee at 1f687cb.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import cnncalc
from cnncalc.analysis.conventions import PROFILES, RULES, Cell
from cnncalc.analysis.recount import formula, recounted
from cnncalc.choices import Tool
from cnncalc.layers import KINDS
from tests.analysis.written import report_of

N = 16 * 32 * 32
TORCH_TOOLS: tuple[Tool, ...] = ("torchinfo", "fvcore", "ptflops", "thop", "torch", "calflops")

Sizes = tuple[int, ...]
"""The channels of an input, then its axes."""


def counted(tool: Tool, layer: str, sizes: Sizes) -> tuple[int, ...]:
    """A tool's counts for one layer, or for a merge of the input with itself."""
    layers = ["identity", layer] if "[" in layer else [layer]
    return recounted(report_of(layers, sizes[0], sizes[1:]), tool).layers[-1].counted


FIGURES = Path(__file__).parent / "figures_of_tools.md"


def figures() -> Iterator[tuple[str, Sizes, list[int]]]:
    """The rows of the table: a layer, its input, and the figures of the tools."""
    for line in FIGURES.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            layer, sizes, *numbers = (cell.strip() for cell in line.strip("|").split("|"))
            dims = tuple(map(int, sizes.split("x")))
            yield layer.strip("`"), dims, [int(number.replace(",", "")) for number in numbers]


NETSCOPE = [
    ("{conv: 16, kernel: 3, padding: 1}", (3, 32, 32), {"macc": 442_368}),
    ("{conv: 32, kernel: 3, padding: 1, groups: 4}", (16, 32, 32), {"macc": 32 * 32 * 32 * 9 * 16}),
    ("{depthwise: 3, padding: 1}", (16, 32, 32), {"macc": 16 * 32 * 32 * 9 * 16}),
    ("{separable: 8, kernel: 3, padding: 1}", (16, 32, 32), {"macc": 32 * 32 * (9 * 16 * 16 + 16 * 8)}),
    ("{conv_transpose: 8, kernel: 2, stride: 2, groups: 4}", (16, 32, 32), {"macc": 8 * 64 * 64 * 16}),
    ("{dense: 10}", (128,), {"macc": 1_280}),
    ("batchnorm", (16, 32, 32), {"add": N, "div": N}),
    ("{lrn: 5}", (16, 32, 32), {"macc": 5 * N, "add": N, "div": 2 * N, "exp": N}),
    ("relu", (16, 32, 32), {"comp": N}),
    ("{maxpool: 2}", (16, 32, 32), {"comp": 4 * 16 * 16 * 16}),
    ("{avgpool: 3}", (16, 32, 32), {"add": 9 * 16 * 10 * 10}),
    ("global_avgpool", (16, 32, 32), {"add": N}),
    ("softmax", (10,), {"add": 10, "div": 10, "exp": 10}),
    ("{add: [input, prev]}", (16, 32, 32), {"add": N}),
    ("{mul: [input, prev]}", (16, 32, 32), {"macc": N}),
    ("{concat: [input, prev]}", (16, 32, 32), {}),
]

LECTURE = [
    # L4.9: conv1 of AlexNet.
    ("{conv: 96, kernel: 11, stride: 4}", (3, 227, 227), 105_705_600),
    ("{dense: 10}", (128,), 1_290),
    ("{locally_connected: 4, kernel: 3}", (2, 8, 8), 4 * 36 * (2 * 9 + 1)),
    ("relu", (16, 32, 32), 0),
]

Network = tuple[str, int, int, int | None, int | None, int, int]
NETWORKS: list[Network] = [
    # The reference page has the same totals for ResNet-50.
    ("resnet50", 4_089_238_376, 4_111_512_576, 4_132_436_968, 4_133_742_592, 8_178_368_512, 8_211_108_352),
    ("resnet18", 1_814_083_944, 1_819_065_856, 1_825_313_768, 1_824_033_792, 3_628_146_688, 3_636_250_112),
    ("alexnet_torchvision", 714_682_664, 714_197_696, 716_441_128, 714_206_912, 1_428_376_960, 1_429_741_184),
    # torchvision calls some pooling and activations here as functions: ptflops then counts them once
    # instead of twice, and thop does not count them.
    ("mobilenet_v2", 300_809_384, 314_193_216, None, None, 601_548_544, 614_967_488),
    ("densenet121", 2_834_246_312, 2_865_546_752, None, None, 5_668_323_328, 5_716_881_152),
    ("inception_v3", 5_713_251_528, 5_731_282_144, None, None, 11_426_432_192, 11_458_393_728),
    (
        "googlenet_torchvision",
        1_498_391_752,
        1_504_878_688,
        None,
        1_511_332_032,
        2_996_752_384,
        3_009_356_752,
    ),
]


@pytest.mark.parametrize(("layer", "sizes", "numbers"), [*figures()])
def test_a_layer_counts_as_the_tools_for_pytorch_count_it(
    layer: str, sizes: Sizes, numbers: list[int]
) -> None:
    found = [count for tool in TORCH_TOOLS for count in counted(tool, layer, sizes)]
    assert found == numbers


@pytest.mark.parametrize(("layer", "sizes", "numbers"), NETSCOPE)
def test_a_layer_counts_as_netscope_counts_it(layer: str, sizes: Sizes, numbers: dict[str, int]) -> None:
    found = counted("netscope", layer, sizes)
    assert found == tuple(numbers.get(name, 0) for name in PROFILES["netscope"].quantities)


@pytest.mark.parametrize(("layer", "sizes", "number"), LECTURE)
def test_a_layer_has_the_computations_of_the_lecture(layer: str, sizes: Sizes, number: int) -> None:
    assert counted("lecture", layer, sizes) == (number,)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: str(network[0]))
def test_a_network_counts_as_the_tools_total_it(network: Network) -> None:
    name, *figures = network
    report = cnncalc.analyze(cnncalc.load(name))
    for tool, figure in zip(TORCH_TOOLS, figures, strict=True):
        if figure is not None:
            assert recounted(report, tool).totals.counted[0] == figure, tool


@pytest.mark.parametrize("tool", PROFILES)
def test_rows_and_blocks_add_up_to_the_total(tool: Tool) -> None:
    report = recounted(cnncalc.analyze(cnncalc.load("googlenet")), tool)
    for rows in (report.layers, report.at_depth(1), report.at_depth(2)):
        sums = tuple(map(sum, zip(*(row.counted for row in rows), strict=True)))
        assert sums == report.totals.counted


@pytest.mark.parametrize("tool", PROFILES)
@pytest.mark.parametrize("network", ["unet", "mobilenet_v2"])
def test_a_batch_counts_as_often_as_it_has_samples(tool: Tool, network: str) -> None:
    spec = cnncalc.load(network)
    one, many = (recounted(cnncalc.analyze(spec, batch=batch), tool).totals.counted for batch in (1, 5))
    assert many == tuple(5 * count for count in one)


def test_shared_weights_count_wherever_they_are_used() -> None:
    layers = ["{conv: 3, kernel: 1, name: one}", "{conv: 3, kernel: 1, share: one}"]
    rows = recounted(report_of(layers, channels=3), "torchinfo").layers
    assert rows[0].counted == rows[1].counted != (0,)


def test_kinds_that_a_tool_ignores_are_reported() -> None:
    counting = recounted(cnncalc.analyze(cnncalc.load("resnet50")), "fvcore").counting
    assert counting is not None
    assert (counting.unknown, counting.ignored) == (("maxpool", "add"), ("relu",))


def test_a_kind_without_arithmetic_is_not_called_left_out() -> None:
    counting = recounted(report_of(["flatten", "{dropout: 0.5}"]), "torch").counting
    assert counting is not None
    assert (counting.unknown, counting.ignored) == ((), ())


def test_every_kind_stands_in_one_rule() -> None:
    ruled = [kind for rule in RULES for kind in rule.kinds.split()]
    assert sorted(ruled) == sorted(kind.kind for kind in KINDS)


def test_every_tool_has_a_profile() -> None:
    assert tuple(PROFILES) == get_args(Tool)


def texts(cell: Cell) -> list[str]:
    return [cell] if isinstance(cell, str) else [*(cell or {}).values()]


@pytest.mark.parametrize("tool", PROFILES)
def test_every_cell_is_a_formula_for_quantities_of_its_tool(tool: Tool) -> None:
    cells: list[Cell] = [getattr(rule, tool) for rule in RULES]
    assert all(formula(text).text == text for cell in cells for text in texts(cell))
    named = {name for cell in cells if isinstance(cell, dict) for name in cell}
    assert named <= set(PROFILES[tool].quantities)
