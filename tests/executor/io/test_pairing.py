"""Layers find their counterparts by modules and shapes, whatever the order of a file."""

from collections.abc import Iterable
from random import Random

import pytest

from cnncalc.executor.io.matching import by_name
from cnncalc.executor.io.pairing import Dims, LayerTensors, paired

KERNEL, WIDE, RGB = {"weight": (4, 4, 3, 3)}, {"weight": (8, 4, 3, 3)}, {"weight": (4, 3, 3, 3)}
TALL, FLAT = {"weight": (4, 1, 3, 1)}, {"weight": (4, 1, 1, 3)}
NORM = {"weight": (4,), "bias": (4,)}


def layers(tensors: dict[str, dict[str, Dims]], order: Iterable[str] = ()) -> list[LayerTensors]:
    names = [*order] or [*tensors]
    return [LayerTensors(place, name, tensors[name]) for place, name in enumerate(names, 1)]


CASES: dict[str, tuple[dict[str, dict[str, Dims]], dict[str, str]]] = {
    "a module that only the file has": (
        {"conv0": KERNEL, "conv0.norm": NORM, "dense1.0.norm1": NORM, "dense1.0.conv1": KERNEL, "last": NORM},
        {
            "conv0": "features.conv0",
            "conv0.norm": "features.norm0",
            "dense1.0.norm1": "features.dense1.layer1.norm1",
            "dense1.0.conv1": "features.dense1.layer1.conv1",
            "last": "last",
        },
    ),
    "norms beside the layers that have them": (
        {"stem": RGB, "stem.norm": NORM, "dw": KERNEL, "dw.norm": NORM, "b.0": WIDE, "b.1": WIDE},
        {
            "stem": "conv_stem",
            "stem.norm": "bn1",
            "dw": "blocks.0.0.conv_dw",
            "dw.norm": "blocks.0.0.bn1",
            "b.0": "blocks.1.0",
            "b.1": "blocks.1.1",
        },
    ),
    "modules of the same shapes in the order of their numbers": (
        {f"blocks.{at}.{name}": of for at in range(12) for name, of in (("a", KERNEL), ("n", NORM))},
        {
            f"blocks.{at}.{name}": f"net.layer_{at}.{other}"
            for at in range(12)
            for name, other in (("a", "fn"), ("n", "bn"))
        },
    ),
    "branches of the same names": (
        {"block.add.proj.proj": KERNEL, "block.add.f.f.a": KERNEL, "block.add.f.f.b": KERNEL},
        {
            "block.add.proj.proj": "trunk.block1.proj.0",
            "block.add.f.f.a": "trunk.block1.f.a.0",
            "block.add.f.f.b": "trunk.block1.f.b.0",
        },
    ),
    "kernels that are tall or flat": (
        {"a": TALL, "b": FLAT, "c": KERNEL},
        {"a": "conv.height", "b": "conv.along", "c": "conv.zoom"},
    ),
    "a norm behind the activation": (
        {"conv1": WIDE, "batchnorm1": NORM, "dw.0": KERNEL, "batchnorm2": NORM},
        {"conv1": "stem.0", "batchnorm1": "stem.2", "dw.0": "blocks.0.fn.0", "batchnorm2": "blocks.0.fn.2"},
    ),
}


@pytest.mark.parametrize("sort", ["as made", "by name"])
@pytest.mark.parametrize("name", CASES)
def test_the_order_of_the_file_does_not_matter(name: str, sort: str) -> None:
    ours, expected = CASES[name]
    theirs = {other: ours[one] for one, other in expected.items()}
    order = sorted(theirs, key=by_name) if sort == "by name" else [*theirs]
    found = paired(layers(ours), layers(theirs, order))
    assert found is not None
    assert {one.name: other.name for one, other in found} == expected


def test_every_layer_has_one_counterpart_of_its_shapes() -> None:
    random = Random(0)
    words = ["a", "b", "0", "1", "norm", "conv"]
    for _ in range(300):
        count = random.randrange(1, 25)
        shapes = [random.choice([KERNEL, WIDE, NORM]) for _ in range(count)]
        sides = []
        for _ in range(2):
            names: dict[str, None] = {}
            while len(names) < count:
                names[".".join(random.choices(words, k=random.randrange(1, 6)))] = None
            random.shuffle(shapes)
            sides.append(layers(dict(zip(names, shapes, strict=True))))
        found = paired(*sides)
        assert found is not None
        assert all(one.sizes == other.sizes for one, other in found)
        for side, each in zip(sides, zip(*found, strict=True), strict=True):
            assert sorted(layer.place for layer in each) == [layer.place for layer in side]


def test_other_shapes_are_no_pairs() -> None:
    assert paired(layers({"a": KERNEL}), layers({"a": WIDE})) is None
    assert paired(layers({"a": KERNEL}), layers({"a": KERNEL, "b": KERNEL})) is None


def test_long_names_take_no_time() -> None:
    deep = {".".join("x" * 200_000) + f".{at}": KERNEL for at in range(20)}
    found = paired(layers({f"c{at}": KERNEL for at in range(20)}), layers(deep))
    assert found is not None
    assert [other.place for _, other in found] == [*range(1, 21)]


def test_names_are_sorted_with_their_numbers_by_value() -> None:
    names = ["a10", "a9", "a.b", "a", "7", "a1b2", "a01b10", "9" * 5000]
    assert sorted(names, key=by_name) == ["7", "9" * 5000, "a", "a1b2", "a01b10", "a9", "a10", "a.b"]
