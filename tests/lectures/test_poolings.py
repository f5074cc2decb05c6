"""The poolings of the lectures: their kinds, values and invariances."""

import pytest
from msgspec.structs import asdict

import cnncalc
from cnncalc.layers import find_kind
from tests.analysis.written import report_of

# Name in the lectures, spec, output for an 8×8 map, and its kinds of arithmetic.
POOLINGS = [
    ("max", "{maxpool: 2}", (8, 4, 4), {"comparisons"}),
    ("average", "{avgpool: 2}", (8, 4, 4), {"adds", "divisions"}),
    ("L2 norm", "{lppool: 2}", (8, 4, 4), {"adds", "multiplications", "exponentials"}),
    ("mixed", "{mixpool: 2}", (8, 4, 4), {"adds", "comparisons", "divisions", "multiplications"}),
    ("weighted by distance", "{weighted_avgpool: 3, stride: 2}", (8, 3, 3), {"adds", "multiplications"}),
    ("spectral", "{spectral_pool: 4}", (8, 4, 4), {"adds", "multiplications"}),
    ("spatial pyramid", "{spatial_pyramid_pool: [1, 2]}", (8 * 5,), {"comparisons"}),
]

KEEPING = [line for _, line, shape, _ in POOLINGS if len(shape) > 1]
KEEPING += ["global_avgpool", "global_maxpool", "{adaptive_avgpool: 2}", "{adaptive_maxpool: 3}"]

ANY_SIZE = ["adaptive_pooling", "pyramid_pooling"]


@pytest.mark.parametrize(("named", "line", "shape", "arithmetic"), POOLINGS)
def test_every_pooling_is_a_kind(named: str, line: str, shape: tuple[int, ...], arithmetic: set[str]) -> None:
    """L0.5, L4.6: none has weights, and each has its own arithmetic."""
    row = report_of([line], channels=8, sizes=(8, 8)).output
    assert row.output.dims() == shape
    assert row.params.total == 0
    assert {kind for kind, number in asdict(row.costs).items() if number} == arithmetic


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("MaxPool2d", "maxpool"),
        ("average_pooling", "avgpool"),
        ("l2_pool", "lppool"),
        ("mixed_pooling", "mixpool"),
        ("SpatialPyramidPooling", "spatial_pyramid_pool"),
        ("spectral_pooling", "spectral_pool"),
        ("gaussian_pool", "weighted_avgpool"),
    ],
)
def test_a_pooling_is_found_by_the_names_that_it_goes_by(word: str, kind: str) -> None:
    """L0.5, L4.6."""
    found = find_kind(word)
    assert found is not None
    assert found.kind == kind


@pytest.mark.parametrize("line", KEEPING)
@pytest.mark.parametrize("channels", [1, 6, 64])
def test_pooling_keeps_the_depth(line: str, channels: int) -> None:
    """L2.6."""
    assert report_of([line], channels=channels, sizes=(9, 9)).output.output.channels == channels


@pytest.mark.parametrize("name", ANY_SIZE)
@pytest.mark.parametrize("image", ["3x32x32", "3x64x64", "3x97x61", "3x224x320"])
def test_pooling_to_a_fixed_size_takes_images_of_any(name: str, image: str) -> None:
    """L4.7: the same weights work for every image size."""
    spec = cnncalc.load(f"lectures/{name}")
    written, other = cnncalc.analyze(spec), cnncalc.analyze(spec, input=image)
    assert [row.weights for row in other.layers] == [row.weights for row in written.layers]
    assert other.output.output == written.output.output
