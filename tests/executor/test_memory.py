"""The memory of a run is predicted, and suggested options do fit."""

import re
import tracemalloc
from collections.abc import Callable
from math import prod

import pytest

from cnncalc import Report, Spec, analyze, load, run
from cnncalc.executor.memory import WORKSPACE, Load, NotEnoughMemoryError, bytes_needed, every_output, refuse
from cnncalc.executor.ops.correlation import BAND
from cnncalc.executor.visualize.effective_field import influence
from cnncalc.executor.visualize.equivariance import equivariance
from cnncalc.executor.visualize.gradient_flow import flow
from cnncalc.executor.visualize.memory import NEEDS, Way, check_memory
from cnncalc.executor.visualize.occlusion import occlusion
from cnncalc.executor.visualize.top_patches import patches
from cnncalc.layers import Layer, example_of
from tests.conftest import bundled
from tests.grammar import RUNNABLE

NETWORKS = {
    "mobilenet_v2": "3x224x224",
    "densenet121": "3x128x128",
    "enet": "3x256x256",
    "ecg_1d": "1x5888",
    "dcgan": None,
    "unet": "1x284x284",
    "r3d_18": "3x8x56x56",
    "convnext_tiny": "3x128x128",
    "alexnet": None,
}


def most(work: Callable[[], object]) -> int:
    """Peak memory of a function, measured by tracemalloc."""
    work()  # exclude one-time allocations
    tracemalloc.start(1)
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def taken(spec: Spec, batch: int) -> int:
    """The memory of a run."""
    return most(lambda: run(spec, batch=batch, observe=True))


@pytest.mark.parametrize("name", bundled(NETWORKS, {"mobilenet_v2", "ecg_1d"}))
def test_predicted_memory_of_a_network_is_an_upper_bound_within_a_factor_of_2(name: str) -> None:
    spec = load(name, input=NETWORKS[name])
    found = taken(spec, 1)
    foreseen = bytes_needed(analyze(spec)) - WORKSPACE
    assert foreseen * 0.5 < found <= foreseen + WORKSPACE


@pytest.mark.parametrize("kind", RUNNABLE, ids=lambda kind: kind.kind)
def test_predicted_memory_of_a_kind_is_an_upper_bound(kind: type[Layer]) -> None:
    example = example_of(kind)
    spec = load(f"cnncalc: 1\ninput: {list(example.input)}\nlayers:\n  - {example.line}\n")
    batch = 1 + 1_000_000 // max(analyze(spec).layers[0].output.size, prod(example.input))
    assert taken(spec, batch) <= bytes_needed(analyze(spec, batch=batch)) - WORKSPACE + BAND


@pytest.mark.parametrize(("data_type", "factor"), [("float32", 1), ("float64", 2)])
def test_numbers_of_twice_the_size_take_twice_the_memory(data_type: str, factor: int) -> None:
    report = analyze(load("resnet18"))
    assert bytes_needed(report, Load(data_type)) - WORKSPACE == factor * (bytes_needed(report) - WORKSPACE)


def way_out(spec: Spec, **limits: object) -> str:
    with pytest.raises(NotEnoughMemoryError) as error:
        refuse(spec, **limits)  # type: ignore[arg-type]
    return str(error.value)


def fits(report: Report, room: int, data_type: str = "float32") -> bool:
    return bytes_needed(report, Load(data_type)) <= room


def test_the_largest_batch_that_fits_is_named() -> None:
    spec = load("resnet18")
    room = 400_000_000
    said = way_out(spec, batch=1000, room=room)
    found = re.fullmatch(
        r"not enough memory for a batch of 1,000 of 3×224×224: about [\d,.]+ GB needed, 400.0 MB available; "
        r"--batch (\d+) would fit",
        said,
    )
    assert found
    batch = int(found[1])
    assert fits(analyze(spec, batch=batch), room)
    assert not fits(analyze(spec, batch=batch + 1), room)
    refuse(spec, batch, room=room)


def test_the_largest_part_of_an_input_that_fits_is_named() -> None:
    spec = load("resnet18", input="3x2048x1024")
    room = 200_000_000
    said = way_out(spec, room=room)
    found = re.search(r"; --input 3x(\d+)x(\d+) --batch 1 would fit$", said)
    assert found
    height, width = map(int, found.groups())
    assert (height, width) != (2048, 1024)
    assert height == 2 * width
    refuse(load("resnet18", input=f"3x{height}x{width}"), room=room)
    larger = load("resnet18", input=f"3x{height + 128}x{width + 64}")
    assert not fits(analyze(larger), room)


def test_variables_stay_set_when_another_input_is_tried() -> None:
    text = "cnncalc: 1\ninput: [3, 512, 512]\nvars: {width: 1}\nlayers: [{conv: width, kernel: 3}]\n"
    settings = {"width": "256"}
    said = way_out(load(text, set=settings), room=100_000_000, settings=settings)
    size = re.search(r"--input (\S+) ", said)
    assert size
    refuse(load(text, set=settings, input=size[1]), room=100_000_000)


def test_single_precision_is_a_way_out() -> None:
    said = way_out(load("resnet18"), load=Load("float64"), room=150_000_000)
    assert said.endswith("; --dtype float32 would fit")


def test_of_a_file_no_other_size_is_offered() -> None:
    spec = load("resnet18", input="3x512x512")
    assert way_out(spec, room=150_000_000, is_file=True).endswith("; a single sample does not fit")
    said = way_out(spec, batch=10, room=350_000_000, is_file=True)
    assert re.search(r"; \d samples of the file at a time would fit$", said)


def test_what_no_input_would_make_small_enough() -> None:
    assert way_out(load("vgg16"), room=200_000_000).endswith("; the weights alone do not fit")
    tiny = load("cnncalc: 1\ninput: [100]\nlayers: [relu]\n")
    assert way_out(tiny, room=1000).endswith("; no smaller input would fit either")


def test_what_is_kept_counts() -> None:
    spec = load("resnet18")
    room = bytes_needed(analyze(spec))
    refuse(spec, room=room)
    with pytest.raises(NotEnoughMemoryError):
        refuse(spec, room=room, load=Load(keep=1))


WAYS: dict[Way, Callable[[Spec], object]] = {
    "gradients": flow,
    "influence": lambda spec: influence(spec, "fc" if "fc" in spec.graph.names else "dense1", samples=2),
    "occlusion": lambda spec: occlusion(spec, patch=60),
    "patches": lambda spec: patches(spec, spec.graph.nodes[-1].name, 0),
    "equivariance": lambda spec: equivariance(spec, (0, 1)),
}


@pytest.mark.parametrize("name", bundled(["resnet18", "shufflenet_v2_x1_0"], {"shufflenet_v2_x1_0"}))
@pytest.mark.parametrize("way", WAYS)
def test_memory_of_a_visualization_is_predicted(way: Way, name: str) -> None:
    spec = load(name, input="3x64x64")
    needs = NEEDS[way]
    wanted = Load(needs.data_type, needs.outputs * every_output(spec), needs.learns)
    foreseen = bytes_needed(analyze(spec, batch=needs.batch), wanted)
    taken = most(lambda: WAYS[way](spec))
    assert foreseen * 0.4 < taken + WORKSPACE
    assert taken <= foreseen


def test_only_options_of_the_command_are_suggested(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncalc.executor.memory.available", lambda: 400_000_000)
    spec = load("resnet18", input="3x320x320")
    with pytest.raises(NotEnoughMemoryError, match=r"; --input 3x\d+x\d+ would fit$"):
        check_memory("gradients", spec, {}, is_file=False)
    with pytest.raises(NotEnoughMemoryError, match=r"; a single sample does not fit$"):
        check_memory("gradients", spec, {}, is_file=True)
    monkeypatch.setattr("cnncalc.executor.memory.available", lambda: 150_000_000)
    with pytest.raises(NotEnoughMemoryError, match=r"; use a machine with more memory$"):
        check_memory("patches", spec, {}, is_file=False)
