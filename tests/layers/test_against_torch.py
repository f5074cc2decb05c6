"""Random single layers against PyTorch: the same shapes, weights and dependences on inputs.

cnncalc must refuse a geometry if and only if PyTorch does, except where PyTorch has no definition or
extra restrictions:

- pooling: PyTorch allows padding up to half the kernel; larger padding is added explicitly;
- avgpool and lppool in 3-D: PyTorch refuses a kernel larger than the map without its padding;
- `fit: ceil` of convolutions, and lppool with both padding and ceil, which PyTorch does not have;
- dense on a map: PyTorch applies Linear to the last axis, cnncalc requires a flatten;
- pixel_shuffle in 1-D and 3-D, instancenorm and groupnorm of a single value: PyTorch refuses them;
- an empty output, which PyTorch allows when cropping: cnncalc refuses it.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncalc.layers import BY_NAME, Layer, LayerError
from cnncalc.shapes import Shape
from tests.layers.torch_convolutions import (
    convs,
    denses,
    depthwises,
    same_convs,
    same_transposed_convs,
    separables,
    transposed_convs,
)
from tests.layers.torch_drawn import (
    PADDINGS,
    WRITTEN,
    Case,
    border,
    in_torch,
    nd,
    shapes,
    written_sides,
)
from tests.layers.torch_layers import (
    PADS,
    adaptive_avgpools,
    batchnorms,
    bordered_pools,
    channel_shuffles,
    crops,
    flattens,
    global_pools,
    groupnorms,
    instancenorms,
    layernorms,
    lppools,
    pads,
    pixel_shuffles,
    pool_options,
    pools,
    prelus,
    upsamples,
)
from tests.with_torch import Module, torch

pytestmark = [
    pytest.mark.crosscheck,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
]


EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True)


FEWER = settings(EXAMPLES, max_examples=40)


IMPOSSIBLE = re.compile(
    "divisible by|too small|greater than actual input|smaller than kernel size|must be smaller than either"
    "|Invalid computed output size|length must be non-negative|negative output size"
    "|Padding size should be less|wrapping around more than once"
)
"""PyTorch's errors for an invalid geometry; any other error is a bug in this file."""


SLIDING = {
    **{f"conv, padding {style}": convs(style) for style in PADDINGS},
    "conv, PyTorch's own same": same_convs(),
    "depthwise": depthwises(),
    "separable": separables(),
    **{f"conv_transpose, padding {style}": transposed_convs(style) for style in (*WRITTEN, "valid", "half")},
    **{f"conv_transpose, padding {s}": same_transposed_convs(s) for s in ("same", "same_lower")},
    **{kind: pools(kind) for kind in ("maxpool", "avgpool")},
    **{f"{kind}, bordered": bordered_pools(kind) for kind in ("maxpool", "avgpool", "lppool")},
    "lppool": lppools(),
    "adaptive_avgpool": adaptive_avgpools(),
    **{f"upsample, nearest to {target}": upsamples(target, linear=False) for target in ("scale", "size")},
    **{f"upsample, linear to {target}": upsamples(target, linear=True) for target in ("scale", "size")},
    "pixel_shuffle": pixel_shuffles(),
    "channel_shuffle": channel_shuffles(),
    "batchnorm": batchnorms(),
    "prelu": prelus(),
    "pad, zeros": pads("zeros"),
    "crop": crops(),
}
"""Layers whose outputs depend on some of the inputs along each axis."""


OTHERS = {
    "global_avgpool": global_pools("global_avgpool", "AdaptiveAvgPool"),
    "global_maxpool": global_pools("global_maxpool", "AdaptiveMaxPool"),
    "groupnorm": groupnorms(),
    "instancenorm": instancenorms(),
    "layernorm over all": layernorms(),
    "dense": denses(),
    "flatten": flattens(),
    **{f"pad, {mode}": pads(mode) for mode in PADS if mode != "zeros"},
}


CASES = SLIDING | OTHERS


def with_ones(module: Module) -> Module:
    """The module with weights of 1 and biases of 0, for inference in double precision."""
    for name, parameter in module.named_parameters():
        torch.nn.init.constant_(parameter, 0 if name.endswith("bias") else 1)
    return module.eval().double()


def run(case: Case, batch: Any) -> tuple[Module, Any] | None:
    """PyTorch's module and its output for `batch`; None if the geometry is invalid."""
    try:
        with torch.inference_mode():
            module = with_ones(case.build())
            out = module(batch)
    except (RuntimeError, ValueError) as error:
        if IMPOSSIBLE.search(str(error)):
            return None
        raise
    return (module, out) if out.numel() else None


@pytest.mark.parametrize("name", CASES)
@EXAMPLES
@given(data=st.data())
def test_shapes_and_weights_are_those_of_pytorch(name: str, data: st.DataObject) -> None:
    case = data.draw(CASES[name])
    result = run(case, torch.zeros(1, *case.x.dims(), dtype=torch.float64))
    if result is None:
        with pytest.raises(LayerError):
            case.layer.output(case.x)
        return
    module, out = result
    assert case.layer.output(case.x).dims() == tuple(out.shape[1:])
    theirs = sorted(tuple(parameter.shape) for parameter in module.parameters())
    assert sorted(case.layer.weights(case.x).values()) == theirs


def one_hot(x: Shape) -> Any:
    """A batch with one sample per position, which is 1 there in all channels and 0 elsewhere."""
    eye = torch.eye(x.positions, dtype=torch.float64).view(x.positions, 1, *x.spatial)
    return eye.expand(x.positions, *x.dims())


def taken(layer: Layer, x: Shape) -> Iterator[Any]:
    """For each axis, which inputs (rows) each output (columns) reads, according to cnncalc."""
    windows = layer.windows(x)
    if windows == "everything":
        yield from (torch.ones(n, m) for n, m in zip(x.spatial, layer.output(x).spatial, strict=True))
        return
    assert not isinstance(windows, str)
    for window, n, size in zip(windows, x.spatial, layer.output(x).spatial, strict=True):
        columns = [set(window.taps(at)) for at in range(size)]
        yield torch.tensor([[float(i in column) for column in columns] for i in range(n)])


@pytest.mark.parametrize("name", SLIDING)
@FEWER
@given(data=st.data())
def test_outputs_read_the_inputs_that_pytorchs_read(name: str, data: st.DataObject) -> None:
    case = data.draw(SLIDING[name])
    result = run(case, one_hot(case.x))
    assume(result is not None)
    assert result is not None
    read = (result[1] > 1e-9).any(1)
    axes = {1: "ad->ad", 2: "ad,be->abde", 3: "ad,be,cf->abcdef"}[case.x.rank]
    ours = torch.einsum(axes, *taken(case.layer, case.x)) > 0
    assert torch.equal(ours.reshape(read.shape), read)


@EXAMPLES
@given(data=st.data())
def test_no_accepted_pool_has_a_window_of_only_padding(data: st.DataObject) -> None:
    x = data.draw(shapes())
    options = data.draw(pool_options(x, "avgpool"))
    _, sides = data.draw(written_sides(x, "per side", most=4))
    layer = BY_NAME["maxpool"](**options, padding=sides)
    theirs = torch.nn.Sequential(border(x, sides, float("-inf")), nd("MaxPool", x)(**in_torch(options)))
    result = run(Case(layer, x, lambda: theirs), torch.zeros(1, *x.dims(), dtype=torch.float64))
    if result and not result[1].isfinite().all():
        with pytest.raises(LayerError, match="contains only padding"):
            layer.output(x)


@EXAMPLES
@given(x=shapes(), affine=st.booleans())
def test_batchnorm_stores_the_running_statistics_of_pytorch(x: Shape, affine: bool) -> None:
    theirs = nd("BatchNorm", x)(x.channels, affine=affine).named_buffers()
    shapes_of_theirs = {name: tuple(each.shape) for name, each in theirs if name != "num_batches_tracked"}
    assert BY_NAME["batchnorm"](affine=affine).buffers(x) == shapes_of_theirs
