"""The bundled specs: each keeps its own promises, and the well-known ones the published numbers."""

from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc

SPECS = Path(__file__).parents[2] / "specs"
FILES = sorted(str(path.relative_to(SPECS)) for path in SPECS.rglob("*.yaml"))

TOTALS = [
    # LeCun et al. 1998, figure 2, in the form taught today: summed by hand.
    ("lenet5", 61_706, 416_520, (10,)),
    # Parameters: github.com/osmr/imgclsmob. MACs: Krizhevsky et al. 2012 in one tower, summed by hand.
    ("alexnet", 62_378_344, 1_135_256_096, (1000,)),
    # torchvision 0.28, VGG16_Weights: num_params, and _ops to the last digit by torch's flop counter.
    ("vgg16", 138_357_544, 15_470_264_320, (1000,)),
    # Parameters: github.com/HewlettPackard/dlcookbook-dlbs. MACs: Szegedy et al. 2014, table 1, by hand.
    ("googlenet", 6_998_552, 1_582_671_872, (1000,)),
    # torchvision 0.28, ResNet50_Weights.
    ("resnet50", 25_557_032, 4_089_184_256, (1000,)),
    # torchvision 0.28, MobileNet_V2_Weights.
    ("mobilenet_v2", 3_504_872, 300_774_272, (1000,)),
    # torchvision 0.28, DenseNet121_Weights.
    ("densenet121", 7_978_856, 2_834_161_664, (1000,)),
    # Ronneberger et al. 2015, figure 1: summed by hand.
    ("unet", 31_030_658, 150_428_424_448, (2, 388, 388)),
    # github.com/ibab/tensorflow-wavenet with its dilations twice instead of five times: summed by hand.
    ("wavenet", 852_608, 13_434_880_000, (256, 16_000)),
    # Parameters: github.com/jfzhang95/pytorch-video-recognition. MACs: summed by hand.
    ("c3d", 78_409_573, 38_547_378_176, (101,)),
]

# (network, layer, size, jump, padding): the field of output i begins at i · jump − padding.
FIELDS = [
    # Araujo, Norris & Sim 2019, github.com/google-research/receptive_field, alexnet_v2 and vgg_16.
    ("alexnet", "conv1", 11, 4, 0),
    ("alexnet", "pool1", 19, 8, 0),
    ("alexnet", "conv2", 51, 8, 16),
    ("alexnet", "conv3", 99, 16, 32),
    ("alexnet", "conv4", 131, 16, 48),
    ("alexnet", "conv5", 163, 16, 64),
    ("alexnet", "pool5", 195, 32, 64),
    ("vgg16", "pool1", 6, 2, 2),
    ("vgg16", "pool2", 16, 4, 6),
    ("vgg16", "pool3", 44, 8, 18),
    ("vgg16", "pool4", 100, 16, 42),
    ("vgg16", "pool5", 212, 32, 90),
    # Measured on torchvision 0.28 as the inputs that get a gradient.
    ("resnet50", "pool1", 11, 4, 5),
    ("resnet50", "stage1", 35, 4, 17),
    ("resnet50", "stage2", 91, 8, 45),
    ("resnet50", "stage3", 267, 16, 133),
    ("resnet50", "stage4", 427, 32, 213),
    ("densenet121", "denseblock1", 59, 4, 29),
    ("densenet121", "transition1", 63, 8, 29),
    ("densenet121", "denseblock2", 255, 8, 125),
    ("densenet121", "denseblock3", 1031, 16, 509),
    ("densenet121", "denseblock4", 2071, 32, 1021),
    ("mobilenet_v2", "conv2", 491, 32, 245),
    # Measured in the same way on the layers of table 1, its 5×5 kernels included.
    ("googlenet", "inc3b", 91, 8, 39),
    ("googlenet", "inc4e", 427, 16, 199),
    ("googlenet", "inc5b", 715, 32, 327),
]

# torchvision's googlenet has 3×3 kernels in place of the 5×5 (its issue 906), and a smaller last pool.
TORCHVISION_GOOGLENET = {"kernel: 5}": "kernel: 3}", "{maxpool: 3, name: pool4}": "{maxpool: 2, name: pool4}"}
TORCHVISION_GOOGLENET_FIELDS = [
    ("inc3b", 59, 8, 23),
    ("inc4e", 235, 16, 103),
    ("inc5b", 379, 32, 167),
]


@pytest.mark.parametrize("file", FILES)
def test_every_claim_and_limit_of_a_bundled_spec_holds(file: str) -> None:
    spec = cnncalc.load(SPECS / file)
    verdicts = cnncalc.check(cnncalc.analyze(spec), spec)
    assert [verdict.problem for verdict in verdicts if not verdict.holds] == []


@pytest.mark.parametrize("file", FILES)
def test_a_bundled_spec_names_its_source_and_claims_its_totals(file: str) -> None:
    spec = cnncalc.load(SPECS / file)
    assert spec.origin
    assert {"params", "macs", "output"} <= {claim.quantity for claim in spec.claims if not claim.layer}


@pytest.mark.parametrize(("network", "params", "macs", "output"), TOTALS)
def test_totals_are_the_published_ones(network: str, params: int, macs: int, output: tuple[int, ...]) -> None:
    report = cnncalc.analyze(cnncalc.load(SPECS / f"{network}.yaml"))
    assert report.totals.params.total == params
    assert report.totals.macs == macs
    assert report.output.output.dims() == output


@pytest.mark.parametrize(("network", "layer", "size", "jump", "padding"), FIELDS)
def test_receptive_fields_are_the_measured_ones(
    network: str, layer: str, size: int, jump: int, padding: int
) -> None:
    spec = cnncalc.load(SPECS / f"{network}.yaml")
    assert_field(spec, layer, size, jump, padding)


@pytest.mark.parametrize(("layer", "size", "jump", "padding"), TORCHVISION_GOOGLENET_FIELDS)
def test_googlenet_as_torchvision_has_it_sees_what_was_measured_there(
    layer: str, size: int, jump: int, padding: int
) -> None:
    text = (SPECS / "googlenet.yaml").read_text(encoding="utf-8")
    for here, there in TORCHVISION_GOOGLENET.items():
        assert here in text
        text = text.replace(here, there)
    assert_field(cnncalc.load(text), layer, size, jump, padding)


def assert_field(spec: cnncalc.Spec, layer: str, size: int, jump: int, padding: int) -> None:
    """The field is square, `size` wide, and that of the first unit begins at −padding."""
    field = cnncalc.analyze(spec).layer(layer).field
    assert field.size == (size, size)
    assert field.jump == (Fraction(jump),) * 2
    assert field.start == (Fraction(size - 1, 2) - padding,) * 2
