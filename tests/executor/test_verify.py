"""verify agrees for every bundled spec, and detects wrong rules in layer classes."""

from collections.abc import Callable

import pytest

from cnncalc import Spec, SpecError, load
from cnncalc.executor.dependence import LONGEST
from cnncalc.executor.verify import verify
from cnncalc.formula import Formula
from cnncalc.layers import KINDS, Layer, example_of
from cnncalc.layers.activation import PRelu, Silu
from cnncalc.layers.base import Dims, Operations, Windows
from cnncalc.layers.convolution import Conv, ConvTranspose, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.merging import Concat
from cnncalc.layers.normalization import BatchNorm, GroupNorm
from cnncalc.layers.pooling import AvgPool, MaxPool
from cnncalc.layers.resampling import PixelShuffle, Upsample
from cnncalc.layers.reshaping import Crop, Pad
from cnncalc.shapes import Shape
from cnncalc.spec.files import bundled_specs
from cnncalc.window import Window
from tests.conftest import bundled
from tests.grammar import RUNNABLE

SMALLEST = (32, 64, 96, 128, 188, 256, 512, 1024)
"""Input sizes to try along each axis; the spec's own if a dense layer needs it."""


def small(path: str) -> Spec:
    """The spec with the smallest square input that works."""
    spec = load(path)
    entries = spec.graph.inputs
    for size in SMALLEST:
        shapes = {
            node.name: Shape(node.shape.channels, tuple(min(n, size) for n in node.shape.spatial))
            for node in entries
        }
        texts = {name: "x".join(map(str, shape.dims(spec.layout))) for name, shape in shapes.items()}
        try:
            return load(path, input=texts if len(texts) > 1 else texts[entries[0].name])
        except SpecError:
            continue
    return spec


SPECS = [str(path) for path in bundled_specs()]


@pytest.mark.parametrize(
    "path",
    bundled(SPECS, {"googlenet", "lenet5", "mobilenet_v3_small", "resnet18", "tcn"}, without=()),
    ids=lambda path: path.rpartition("specs/")[2],
)
def test_every_bundled_spec_is_as_it_runs(path: str) -> None:
    found = verify(small(path), batch=1)
    assert found.differences == ()
    longest = max((n for row in found.report.layers for n in row.output.spatial), default=0)
    assert found.followed == (longest <= LONGEST)
    assert found.numbers > 8 * len(found.layers)


def alone(line: str, dims: Dims) -> Spec:
    return load(f"cnncalc: 1\ninput: {list(dims)}\nlayers:\n  - {line}\n")


@pytest.mark.parametrize("kind", RUNNABLE, ids=lambda kind: kind.kind)
def test_every_kind_is_as_it_runs(kind: type[Layer]) -> None:
    example = example_of(kind)
    assert verify(alone(example.line, example.input), batch=3).differences == ()


@pytest.mark.parametrize(
    "line",
    [
        "{rescale: [0.5, 0, 1, 2, 1, 1], offset: [1, 2, 3, 4, 5, 6]}",
        "{rescale: 1000}",
        "{clamp: , min: none, max: none}",
        "{clamp: , min: -2, max: 0}",
        "{thresholded_relu: 100}",
        "{shrink: 100}",
        "hardmax",
    ],
)
def test_a_layer_depends_on_what_it_reads_for_any_values_of_its_options(line: str) -> None:
    assert verify(alone(line, (6, 5, 7)), batch=2).differences == ()


@pytest.mark.parametrize("name", bundled(["resnet18", "lenet5_1998", "mobilenet_v3_small"], {"lenet5_1998"}))
def test_a_batch_is_counted_as_one(name: str) -> None:
    one, three = (verify(small(name), batch=batch) for batch in (1, 3))
    assert one.agrees
    assert three.agrees
    assert three.report.totals.macs == 3 * one.report.totals.macs


def test_a_layer_is_compared_before_the_norm_that_is_written_inside_it() -> None:
    """The instance norm reads the whole map, the convolution before it does not."""
    text = "cnncalc: 1\ninput: [3, 17, 17]\nlayers:\n  - {conv: 6, kernel: 3, norm: instance, act: relu}\n"
    assert verify(load(text)).differences == ()


# Faults injected into the rules of layers: each must be reported in the right layer, by name.

NETWORK = """
cnncalc: 1
input: [4, 24, 20]
layers:
  - {conv: 8, kernel: 3, stride: 2, padding: 2, dilation: 2, groups: 2, name: stem}
  - {batchnorm: , name: norm}
  - {prelu: , name: bend}
  - {depthwise: 3, padding: 1, name: deep}
  - {silu: , name: smooth}
  - {maxpool: 3, stride: 2, fit: ceil, name: most}
  - {avgpool: 2, stride: 1, name: mean}
  - {groupnorm: 4, name: parts}
  - {conv_transpose: 8, kernel: 4, stride: 2, padding: 1, name: up}
  - {pad: [[1, 0], [0, 1]], name: frame}
  - {crop: 1, name: cut}
  - {upsample: 2, mode: bilinear, name: larger}
  - {pixel_shuffle: 2, name: finer}
  - concat: [prev, prev]
    name: both
  - {global_avgpool: , name: whole}
  - {dense: 5, name: head}
"""


def test_the_network_for_the_faults_has_none() -> None:
    assert verify(load(NETWORK)).agrees


Method = Callable[..., object]
RIGHT_WEIGHTS, RIGHT_OPERATIONS, RIGHT_OUTPUT, RIGHT_WINDOWS = (
    {kind: getattr(kind, name) for kind in (*KINDS, Conv)}
    for name in ("weights", "operations", "output", "windows")
)


def without_groups(self: Conv, x: Shape) -> dict[str, Dims]:
    return {"weight": (self.filters, x.channels, 3, 3), "bias": (self.filters,)}


def one_bias(self: Layer, x: Shape) -> dict[str, Dims]:
    return {**RIGHT_WEIGHTS[type(self)](self, x), "bias": (1,)}


def one_less_high(self: Layer, *xs: Shape) -> Shape:
    y: Shape = RIGHT_OUTPUT[type(self)](self, *xs)
    return Shape(y.channels, (y.spatial[0] - 1, *y.spatial[1:]))


def one_further_on(self: Conv, x: Shape) -> Windows:
    right = RIGHT_WINDOWS[Conv](self, x)
    return tuple(Window(w.kernel, w.stride, w.dilation, w.before - 1, w.after + 1) for w in right)


def shifted(self: Layer, x: Shape) -> Windows:
    return (Window(1, before=1, after=-1),) * x.rank


def none(self: Layer, *xs: Shape) -> Operations:
    return {}


def of_all_channels(self: Layer, x: Shape) -> Operations:
    macs = Formula("2 * m", m="the right ones")(m=RIGHT_OPERATIONS[type(self)](self, x)["macs"].value)
    return {**RIGHT_OPERATIONS[type(self)](self, x), "macs": macs}


def no_buffers(self: Layer, x: Shape) -> dict[str, Dims]:
    return {}


FAULTS: list[tuple[type[Layer], str, Method, str, str]] = [
    (Conv, "weights", without_groups, "stem", "shape of weight"),
    (Conv, "weights", one_bias, "stem", "shape of bias"),
    (Conv, "operations", of_all_channels, "stem", "MACs"),
    (Conv, "output", one_less_high, "stem", "output shape"),
    (Conv, "windows", one_further_on, "stem", "input of the middle unit"),
    (BatchNorm, "operations", none, "norm", "multiplications"),
    (BatchNorm, "buffers", no_buffers, "norm", "buffers"),
    (BatchNorm, "windows", shifted, "norm", "input of the corner unit"),
    (PRelu, "weights", one_bias, "bend", "parameters"),
    (Depthwise, "operations", of_all_channels, "deep", "MACs"),
    (Silu, "operations", none, "smooth", "exponentials"),
    (MaxPool, "output", one_less_high, "most", "output shape"),
    (MaxPool, "operations", none, "most", "comparisons"),
    (AvgPool, "operations", none, "mean", "divisions"),
    (GroupNorm, "windows", shifted, "parts", "input of the middle unit"),
    (ConvTranspose, "operations", of_all_channels, "up", "MACs"),
    (ConvTranspose, "output", one_less_high, "up", "output shape"),
    (Pad, "output", one_less_high, "frame", "output shape"),
    (Crop, "output", one_less_high, "cut", "output shape"),
    (Upsample, "operations", none, "larger", "adds"),
    (PixelShuffle, "output", one_less_high, "finer", "output shape"),
    (Concat, "output", one_less_high, "both", "output shape"),
    (Dense, "operations", of_all_channels, "head", "MACs"),
    (Dense, "weights", one_bias, "head", "shape of bias"),
]


@pytest.mark.parametrize(
    ("kind", "method", "fault", "layer", "quantity"),
    FAULTS,
    ids=[f"{kind.kind}.{method}, {fault.__name__}" for kind, method, fault, *_ in FAULTS],
)
def test_a_planted_fault_is_named(
    kind: type[Layer],
    method: str,
    fault: Method,
    layer: str,
    quantity: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kind, method, fault)
    found = verify(load(NETWORK))
    first = next(each for each in found.layers if each.differences)
    assert first.name == layer
    assert quantity in {difference.quantity for difference in first.differences}


def test_a_fault_in_the_rule_of_fields_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc.analysis import field

    def without_stride(before: field.AxisField, window: Window, step: int) -> field.AxisField:
        (interval,) = before.intervals
        taps = window.taps(0)
        assert interval
        return field.AxisField(((interval[0] + taps[0], interval[1] + taps[-1]),), before.step * step)

    monkeypatch.setattr(field, "_plain", without_stride)
    found = verify(load("vgg11", input="3x64x64"), batch=1)
    wrong = [each.quantity for layer in found.layers for each in layer.differences]
    assert wrong
    assert all(quantity.startswith("receptive field") for quantity in wrong)


def test_a_fault_in_the_liveness_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from cnncalc import analysis
    from cnncalc.analysis.liveness import Use, uses

    def never_freed(graph: object) -> list[Use]:
        return [Use(use.output, 2 * use.alive, use.kept) for use in uses(graph)]  # type: ignore[arg-type]

    monkeypatch.setattr(analysis, "uses", never_freed)
    found = verify(load("resnet18", input="3x64x64"), batch=1)
    assert [each.quantity for each in found.differences] == ["peak memory of activations"]
