"""Receptive fields against the table of Araujo, Norris & Sim for TF-Slim's networks.

The specs in `slim/` are these networks as built by github.com/tensorflow/models (research/slim/nets): SAME
padding, which depends on the input in strided layers, and the stride of a ResNet block in its last unit.
The table is from github.com/google-research/receptive_field (receptive_field/RECEPTIVE_FIELD_TABLE.md at
f12ae8e), the code of Distill 2019, doi:10.23915/distill.00021. All 561 rows are included.
"""

from functools import cache
from pathlib import Path

import pytest

import cnncalc
from cnncalc.spec import Settings
from tests.analysis.written import axes_of

SLIM = Path(__file__).parent / "slim"

Rows = tuple[tuple[str, int, int, int | None, int, int], ...]
"""End point (the last part of its name), size, effective stride, and the effective padding three times:
for any input (None: it depends on the input), for 224×224 and for 321×321."""

ALEXNET_V2: Rows = (
    ("conv1", 11, 4, 0, 0, 0),
    ("pool1", 19, 8, 0, 0, 0),
    ("conv2", 51, 8, 16, 16, 16),
    ("conv3", 99, 16, 32, 32, 32),
    ("conv4", 131, 16, 48, 48, 48),
    ("conv5", 163, 16, 64, 64, 64),
    ("pool5", 195, 32, 64, 64, 64),
)
VGG_A: Rows = (
    ("conv1_1", 3, 1, 1, 1, 1),
    ("pool1", 4, 2, 1, 1, 1),
    ("conv2_1", 8, 2, 3, 3, 3),
    ("pool2", 10, 4, 3, 3, 3),
    ("conv3_1", 18, 4, 7, 7, 7),
    ("conv3_2", 26, 4, 11, 11, 11),
    ("pool3", 30, 8, 11, 11, 11),
    ("conv4_1", 46, 8, 19, 19, 19),
    ("conv4_2", 62, 8, 27, 27, 27),
    ("pool4", 70, 16, 27, 27, 27),
    ("conv5_1", 102, 16, 43, 43, 43),
    ("conv5_2", 134, 16, 59, 59, 59),
    ("pool5", 150, 32, 59, 59, 59),
)
VGG_16: Rows = (
    ("conv1_1", 3, 1, 1, 1, 1),
    ("pool1", 6, 2, 2, 2, 2),
    ("conv2_1", 10, 2, 4, 4, 4),
    ("pool2", 16, 4, 6, 6, 6),
    ("conv3_1", 24, 4, 10, 10, 10),
    ("conv3_2", 32, 4, 14, 14, 14),
    ("pool3", 44, 8, 18, 18, 18),
    ("conv4_1", 60, 8, 26, 26, 26),
    ("conv4_2", 76, 8, 34, 34, 34),
    ("pool4", 100, 16, 42, 42, 42),
    ("conv5_1", 132, 16, 58, 58, 58),
    ("conv5_2", 164, 16, 74, 74, 74),
    ("pool5", 212, 32, 90, 90, 90),
)
INCEPTION_V2: Rows = (
    ("Conv2d_1a_7x7", 7, 2, None, 2, 3),
    ("MaxPool_2a_3x3", 11, 4, None, 2, 5),
    ("Conv2d_2b_1x1", 11, 4, None, 2, 5),
    ("Conv2d_2c_3x3", 19, 4, None, 6, 9),
    ("MaxPool_3a_3x3", 27, 8, None, 6, 13),
    ("Mixed_3b", 59, 8, None, 22, 29),
    ("Mixed_3c", 91, 8, None, 38, 45),
    ("Mixed_4a", 123, 16, None, 46, 61),
    ("Mixed_4b", 187, 16, None, 78, 93),
    ("Mixed_4c", 251, 16, None, 110, 125),
    ("Mixed_4d", 315, 16, None, 142, 157),
    ("Mixed_4e", 379, 16, None, 174, 189),
    ("Mixed_5a", 443, 32, None, 190, 221),
    ("Mixed_5b", 571, 32, None, 254, 285),
    ("Mixed_5c", 699, 32, None, 318, 349),
)
INCEPTION_V3: Rows = (
    ("Conv2d_1a_3x3", 3, 2, 0, 0, 0),
    ("Conv2d_2a_3x3", 7, 2, 0, 0, 0),
    ("Conv2d_2b_3x3", 11, 2, 2, 2, 2),
    ("MaxPool_3a_3x3", 15, 4, 2, 2, 2),
    ("Conv2d_3b_1x1", 15, 4, 2, 2, 2),
    ("Conv2d_4a_3x3", 23, 4, 2, 2, 2),
    ("MaxPool_5a_3x3", 31, 8, 2, 2, 2),
    ("Mixed_5b", 63, 8, 18, 18, 18),
    ("Mixed_5c", 95, 8, 34, 34, 34),
    ("Mixed_5d", 127, 8, 50, 50, 50),
    ("Mixed_6a", 159, 16, 58, 58, 58),
    ("Mixed_6b", 351, 16, 154, 154, 154),
    ("Mixed_6c", 543, 16, 250, 250, 250),
    ("Mixed_6d", 735, 16, 346, 346, 346),
    ("Mixed_6e", 927, 16, 442, 442, 442),
    ("Mixed_7a", 1055, 32, 490, 490, 490),
    ("Mixed_7b", 1183, 32, 554, 554, 554),
    ("Mixed_7c", 1311, 32, 618, 618, 618),
)
INCEPTION_V4: Rows = (
    ("Conv2d_1a_3x3", 3, 2, 0, 0, 0),
    ("Conv2d_2a_3x3", 7, 2, 0, 0, 0),
    ("Conv2d_2b_3x3", 11, 2, 2, 2, 2),
    ("Mixed_3a", 15, 4, 2, 2, 2),
    ("Mixed_4a", 47, 4, 14, 14, 14),
    ("Mixed_5a", 55, 8, 14, 14, 14),
    ("Mixed_5b", 87, 8, 30, 30, 30),
    ("Mixed_5c", 119, 8, 46, 46, 46),
    ("Mixed_5d", 151, 8, 62, 62, 62),
    ("Mixed_5e", 183, 8, 78, 78, 78),
    ("Mixed_6a", 215, 16, 86, 86, 86),
    ("Mixed_6b", 407, 16, 182, 182, 182),
    ("Mixed_6c", 599, 16, 278, 278, 278),
    ("Mixed_6d", 791, 16, 374, 374, 374),
    ("Mixed_6e", 983, 16, 470, 470, 470),
    ("Mixed_6f", 1175, 16, 566, 566, 566),
    ("Mixed_6g", 1367, 16, 662, 662, 662),
    ("Mixed_6h", 1559, 16, 758, 758, 758),
    ("Mixed_7a", 1687, 32, 806, 806, 806),
    ("Mixed_7b", 1815, 32, 870, 870, 870),
    ("Mixed_7c", 1943, 32, 934, 934, 934),
    ("Mixed_7d", 2071, 32, 998, 998, 998),
)
INCEPTION_RESNET_V2: Rows = (
    ("Conv2d_1a_3x3", 3, 2, 0, 0, 0),
    ("Conv2d_2a_3x3", 7, 2, 0, 0, 0),
    ("Conv2d_2b_3x3", 11, 2, 2, 2, 2),
    ("MaxPool_3a_3x3", 15, 4, 2, 2, 2),
    ("Conv2d_3b_1x1", 15, 4, 2, 2, 2),
    ("Conv2d_4a_3x3", 23, 4, 2, 2, 2),
    ("MaxPool_5a_3x3", 31, 8, 2, 2, 2),
    ("Mixed_5b", 63, 8, 18, 18, 18),
    ("Mixed_6a", 415, 16, 186, 186, 186),
    ("PreAuxLogits", 2335, 16, 1146, 1146, 1146),
    ("Mixed_7a", 2399, 32, 1162, 1162, 1162),
    ("Conv2d_7b_1x1", 3039, 32, 1482, 1482, 1482),
)
INCEPTION_RESNET_V2_SAME: Rows = (
    ("Conv2d_1a_3x3", 3, 2, None, 0, 1),
    ("Conv2d_2a_3x3", 7, 2, None, 2, 3),
    ("Conv2d_2b_3x3", 11, 2, None, 4, 5),
    ("MaxPool_3a_3x3", 15, 4, None, 4, 7),
    ("Conv2d_3b_1x1", 15, 4, None, 4, 7),
    ("Conv2d_4a_3x3", 23, 4, None, 8, 11),
    ("MaxPool_5a_3x3", 31, 8, None, 8, 15),
    ("Mixed_5b", 63, 8, None, 24, 31),
    ("Mixed_6a", 415, 16, None, 192, 207),
    ("PreAuxLogits", 2335, 16, None, 1152, 1167),
    ("Mixed_7a", 2399, 32, None, 1168, 1199),
    ("Conv2d_7b_1x1", 3039, 32, None, 1488, 1519),
)
MOBILENET_V1: Rows = (
    ("Conv2d_0", 3, 2, None, 0, 1),
    ("Conv2d_1_pointwise", 7, 2, None, 2, 3),
    ("Conv2d_2_pointwise", 11, 4, None, 2, 5),
    ("Conv2d_3_pointwise", 19, 4, None, 6, 9),
    ("Conv2d_4_pointwise", 27, 8, None, 6, 13),
    ("Conv2d_5_pointwise", 43, 8, None, 14, 21),
    ("Conv2d_6_pointwise", 59, 16, None, 14, 29),
    ("Conv2d_7_pointwise", 91, 16, None, 30, 45),
    ("Conv2d_8_pointwise", 123, 16, None, 46, 61),
    ("Conv2d_9_pointwise", 155, 16, None, 62, 77),
    ("Conv2d_10_pointwise", 187, 16, None, 78, 93),
    ("Conv2d_11_pointwise", 219, 16, None, 94, 109),
    ("Conv2d_12_pointwise", 251, 32, None, 94, 125),
    ("Conv2d_13_pointwise", 315, 32, None, 126, 157),
)
RESNET_50: Rows = (
    ("block1", 35, 8, None, 15, 17),
    ("block2", 99, 16, None, 47, 49),
    ("block3", 291, 32, None, 143, 145),
    ("block4", 483, 32, None, 239, 241),
)
RESNET_101: Rows = (
    ("block1", 35, 8, None, 15, 17),
    ("block2", 99, 16, None, 47, 49),
    ("block3", 835, 32, None, 415, 417),
    ("block4", 1027, 32, None, 511, 513),
)
RESNET_152: Rows = (
    ("block1", 35, 8, None, 15, 17),
    ("block2", 163, 16, None, 79, 81),
    ("block3", 1315, 32, None, 655, 657),
    ("block4", 1507, 32, None, 751, 753),
)
RESNET_200: Rows = (
    ("block1", 35, 8, None, 15, 17),
    ("block2", 419, 16, None, 207, 209),
    ("block3", 1571, 32, None, 783, 785),
    ("block4", 1763, 32, None, 879, 881),
)

NETWORKS: dict[str, tuple[str, Settings, Rows]] = {
    "alexnet_v2": ("alexnet_v2", {}, ALEXNET_V2),
    "vgg_a": ("vgg_a", {}, VGG_A),
    "vgg_16": ("vgg_16", {}, VGG_16),
    "inception_v2": ("inception_v2", {}, INCEPTION_V2),
    "inception_v2-no-separable-conv": ("inception_v2", {"separable": False}, INCEPTION_V2),
    "inception_v3": ("inception_v3", {}, INCEPTION_V3),
    "inception_v4": ("inception_v4", {}, INCEPTION_V4),
    "inception_resnet_v2": ("inception_resnet_v2", {}, INCEPTION_RESNET_V2),
    "inception_resnet_v2-same": ("inception_resnet_v2", {"edge": "same"}, INCEPTION_RESNET_V2_SAME),
    "mobilenet_v1": ("mobilenet_v1", {}, MOBILENET_V1),
    "mobilenet_v1_075": ("mobilenet_v1", {"width": 0.75}, MOBILENET_V1),
    "resnet_v1_50": ("resnet_v1", {}, RESNET_50),
    "resnet_v1_101": ("resnet_v1", {"units2": 4, "units3": 23}, RESNET_101),
    "resnet_v1_152": ("resnet_v1", {"units2": 8, "units3": 36}, RESNET_152),
    "resnet_v1_200": ("resnet_v1", {"units2": 24, "units3": 36}, RESNET_200),
    "resnet_v2_50": ("resnet_v2", {}, RESNET_50),
    "resnet_v2_101": ("resnet_v2", {"units2": 4, "units3": 23}, RESNET_101),
    "resnet_v2_152": ("resnet_v2", {"units2": 8, "units3": 36}, RESNET_152),
    "resnet_v2_200": ("resnet_v2", {"units2": 24, "units3": 36}, RESNET_200),
}

ANY = (256, 299, 330)
"""Input sizes other than the two in the table."""

EVEN, ODD = 224, 321


@cache
def report_of(network: str, pixels: int) -> cnncalc.Report:
    file, variables, _ = NETWORKS[network]
    spec = cnncalc.load(SLIM / f"{file}.yaml", set=variables, input=f"3x{pixels}x{pixels}")
    return cnncalc.analyze(spec)


def measured(network: str, pixels: int, layer: str) -> tuple[int, int, int]:
    """Size, effective stride and effective padding, which must be equal along both axes."""
    down, across = axes_of(report_of(network, pixels).layer(layer).field)
    assert down == across
    (first,) = down.intervals
    assert first is not None
    assert down.jump == down.step
    return down.size, down.step, -first[0]


@pytest.mark.parametrize("pixels", [EVEN, ODD])
@pytest.mark.parametrize("network", NETWORKS)
def test_every_end_point_on_an_input_of_known_size(network: str, pixels: int) -> None:
    for name, size, jump, _, even, odd in NETWORKS[network][2]:
        assert measured(network, pixels, name) == (size, jump, even if pixels == EVEN else odd), name


@pytest.mark.parametrize("pixels", ANY)
@pytest.mark.parametrize("network", NETWORKS)
def test_every_end_point_on_any_input(network: str, pixels: int) -> None:
    """Without a published padding, size and stride are for any input: see the next test."""
    for name, size, jump, padding, _, _ in NETWORKS[network][2]:
        found = measured(network, pixels, name)
        assert found == (size, jump, found[2] if padding is None else padding), name


@pytest.mark.parametrize("network", NETWORKS)
def test_a_padding_that_is_not_published_depends_on_the_input(network: str) -> None:
    for name, _, _, padding, _, _ in NETWORKS[network][2]:
        paddings = {measured(network, pixels, name)[2] for pixels in (EVEN, ODD, *ANY)}
        assert (len(paddings) > 1) == (padding is None), name


@pytest.mark.parametrize("pixels", [EVEN, ODD, *ANY])
def test_the_keras_inception_v3_agrees(pixels: int) -> None:
    """RF_Keras_Applications.ipynb, next to the table: conv2d_85, the first layer of the last block."""
    assert measured("inception_v3", pixels, "Mixed_7c.concat.Branch_0.conv1") == (1183, 32, 554)


def test_every_spec_is_used_and_names_its_source() -> None:
    specs = {path.stem: cnncalc.load(path) for path in SLIM.glob("*.yaml")}
    assert set(specs) == {file for file, _, _ in NETWORKS.values()}
    assert all(spec.name == file and spec.origin for file, spec in specs.items())
