"""Every kind's gradient equals the finite difference."""

from collections.abc import Mapping

import numpy as np
import pytest

import cnncalc
from cnncalc.executor.io.inputs import whole_numbers
from cnncalc.layers import example_of
from tests.grammar import RUNNABLE
from tests.spec.helpers import spec

STEP = 1e-6
"""The step of the central difference, whose error is about its square."""

# Every kind, in one to three dimensions, with all options that change its arithmetic: (input, layer).
LAYERS = [
    ("[3, 7, 6]", "{conv: 4, kernel: 3}"),
    ("[4, 7, 8]", "{conv: 6, kernel: [3, 2], stride: [2, 1], padding: [[1, 2], [0, 1]], groups: 2}"),
    ("[2, 9]", "{conv: 3, kernel: 3, dilation: 2, padding: causal, bias: false}"),
    ("[2, 5, 4, 5]", "{conv: 3, kernel: 2, stride: 2, fit: ceil}"),
    ("[2, 6, 6]", "{conv: 3, kernel: 3, stride: 2, padding: same}"),
    ("[3, 6, 6]", "{depthwise: 3, padding: same}"),
    ("[3, 7, 6]", "{depthwise: 3, multiplier: 2, stride: 2, dilation: [1, 2], bias: false}"),
    ("[3, 6, 6]", "{separable: 4, kernel: 3, multiplier: 2, stride: 2, padding: 1}"),
    ("[3, 8]", "{separable: 2, kernel: 3, dilation: 2}"),
    *(
        ("[3, 6, 5]", f"{{conv: 4, kernel: 3, stride: 2, padding: [[1, 2], [2, 1]], padding_mode: {mode}}}")
        for mode in ("reflect", "replicate", "circular")
    ),
    ("[3, 6, 5]", "{depthwise: 3, padding: 1, padding_mode: circular}"),
    ("[4, 6, 5]", "{conv: 4, kernel: [3, 2], groups: 2, standardize: true}"),
    ("[3, 6, 5]", "{separable: 2, kernel: 3, padding: same, padding_mode: reflect}"),
    ("[3, 4, 3]", "{conv_transpose: 4, kernel: 3, stride: 2, padding: 1, output_padding: 1}"),
    ("[4, 4, 3]", "{conv_transpose: 6, kernel: 3, stride: [1, 2], groups: 2, dilation: 2, bias: false}"),
    ("[2, 5]", "{conv_transpose: 3, kernel: 5, stride: 2, padding: same}"),
    ("[2, 5]", "{conv_transpose: 3, kernel: 1, stride: 3, padding: same_lower}"),
    ("[2, 3, 3]", "{conv_transpose: 2, kernel: 4, padding: half}"),
    ("[2, 3, 3]", "{conv_transpose: 2, kernel: 3, padding: [[0, 2], [1, 0]]}"),
    ("[2, 3, 2, 3]", "{conv_transpose: 2, kernel: 2, stride: 2, output_padding: [1, 0, 0]}"),
    ("[2, 3, 4]", "{conv_transpose: 2, kernel: 2, stride: 3, padding: valid, sizes: keras}"),
    (
        "[2, 3, 4]",
        "{conv_transpose: 2, kernel: 3, padding: same, output_padding: 0, sizes: keras}",
    ),
    ("[2, 3]", "{conv_transpose: 2, kernel: 1, stride: 3, padding: same, output_padding: 2, sizes: keras}"),
    ("[2, 5, 6]", "{locally_connected: 3, kernel: 3, stride: 2, padding: 1}"),
    ("[2, 6]", "{locally_connected: 3, kernel: 2, bias: false}"),
    ("[3, 6, 6]", "{sparse_conv: [[0, 1], [1, 2], [0, 2], [0, 1, 2]], kernel: 3, padding: 1}"),
    ("[12]", "{dense: 5}"),
    ("[12]", "{dense: 5, bias: false}"),
    ("[3, 7, 7]", "{maxpool: 3, stride: 2, padding: 1}"),
    ("[2, 8, 7]", "{maxpool: 2, dilation: 2, stride: 2, fit: ceil}"),
    ("[2, 4, 5, 4]", "{maxpool: 2}"),
    ("[3, 7, 7]", "{avgpool: 3, stride: 2, padding: 1, count_padding: false}"),
    ("[3, 7, 6]", "{avgpool: 3, stride: 2, padding: 1, fit: ceil}"),
    ("[3, 7, 6]", "{lppool: 2}"),
    ("[3, 7, 6]", "{lppool: 3, order: 3, stride: 2, padding: 1}"),
    ("[3, 7]", "{lppool: 3, order: 1}"),
    ("[3, 7]", "{lppool: 3, order: 3, dilation: 2, stride: 1}"),
    ("[3, 7, 8]", "{avgpool: 3, dilation: 2, stride: 2, padding: 1, count_padding: false}"),
    ("[3, 7, 8]", "{avgpool: 2, dilation: [1, 3], padding: 1}"),
    ("[3, 4, 5]", "{pad: [[-1, 2], [0, -3]], value: 1.5}"),
    ("[3, 7, 7]", "{mixpool: 3, stride: 2, padding: 1, alpha: 0.3}"),
    ("[3, 7, 6]", "{weighted_avgpool: 3, stride: 2, padding: 1, sigma: 0.7}"),
    ("[3, 5, 6]", "global_avgpool"),
    ("[3, 5, 6]", "global_maxpool"),
    ("[3, 7, 5]", "{adaptive_avgpool: [3, 2]}"),
    ("[3, 7, 5]", "{adaptive_maxpool: [3, 4]}"),
    ("[3, 6, 5]", "{spatial_pyramid_pool: [1, 2, 3]}"),
    ("[3, 6, 5]", "{spatial_pyramid_pool: [1, 4], mode: avg}"),
    ("[3, 8, 7]", "{spectral_pool: [5, 4]}"),
    ("[2, 9]", "{spectral_pool: 9}"),
    ("[3, 4, 3]", "{unpool: 2}"),
    ("[3, 4, 3]", "{unpool: 2, stride: 3}"),
    ("[3, 4, 5]", "batchnorm"),
    ("[3, 4, 5]", "{batchnorm: , affine: false}"),
    ("[3, 4, 5]", "{batchnorm: , scale: false}"),
    ("[3, 4, 5]", "{batchnorm: , center: false}"),
    ("[3, 4, 5]", "{layernorm: , over: all, center: false}"),
    ("[4, 4, 5]", "{groupnorm: 2, scale: false}"),
    ("[4, 4, 5]", "{instancenorm: , affine: true, scale: false}"),
    ("[3, 4, 5]", "layernorm"),
    ("[3, 4, 5]", "{layernorm: , over: all}"),
    ("[5]", "{layernorm: , affine: false}"),
    ("[6, 4, 5]", "{groupnorm: 3}"),
    ("[6, 8]", "{groupnorm: 2, affine: false}"),
    ("[3, 4, 5]", "instancenorm"),
    ("[3, 4, 5]", "{instancenorm: , affine: true}"),
    ("[7, 4, 3]", "{lrn: 5, alpha: 0.5, k: 2}"),
    ("[7, 4]", "{lrn: 4, alpha: 0.9, beta: 0.5}"),
    ("[3, 4, 5]", "{prelu: , per: channel}"),
    ("[3, 4, 5]", "{prelu: , per: layer}"),
    ("[3, 4, 5]", "{prelu: , per: element}"),
    ("[5]", "{prelu: , per: element}"),
    ("[3, 4, 5]", "{elu: , alpha: 0.7}"),
    ("[3, 4, 5]", "{leaky_relu: 0.2}"),
    *(
        ("[5, 4, 3]", name)
        for name in ("relu", "relu6", "selu", "gelu", "silu", "hardswish", "hardsigmoid", "sigmoid")
    ),
    *(("[5, 4, 3]", name) for name in ("tanh", "softplus", "mish", "softmax", "dropout", "identity")),
    ("[3, 4, 5]", "scale"),
    ("[3, 4, 5]", "{scale: , bias: true}"),
    ("[3, 4, 5]", "shift"),
    *(("[3, 4, 5]", f"{{scale: {{per: {per}, bias: true}}}}") for per in ("layer", "element")),
    *(("[3, 4, 5]", f"{{shift: {{per: {per}}}}}") for per in ("layer", "element")),
    ("[3, 4, 5]", "{rescale: [0.5, -2, 3], offset: 0.1}"),
    ("[3, 4, 5]", "{rescale: 0.17}"),
    ("[3, 4, 5]", "{clamp: , min: -0.5, max: 0.7}"),
    ("[3, 4, 5]", "{clamp: , min: -0.5, max: none}"),
    ("[3, 4, 5]", "{celu: 0.7}"),
    ("[3, 4, 5]", "{gelu: , approximate: tanh}"),
    ("[3, 4, 5]", "{shrink: 0.3, offset: 0.2}"),
    ("[3, 4, 5]", "{thresholded_relu: 0.3}"),
    ("[3, 4, 5]", "flatten"),
    ("[4, 3, 5]", "{reshape: [6, -1, 2]}"),
    ("[3, 4, 3]", "{upsample: 2}"),
    ("[3, 4, 3]", "{upsample: , size: [7, 2]}"),
    ("[3, 4, 3]", "{upsample: [2, 3], mode: bilinear}"),
    ("[3, 4, 3]", "{upsample: 2, mode: bilinear, align_corners: true}"),
    ("[2, 3, 2, 2]", "{upsample: 2, mode: trilinear}"),
    ("[3, 4, 3]", "{upsample: 1.3, mode: bicubic}"),
    ("[3, 4, 3]", "{upsample: [2, 0.7], mode: bicubic, align_corners: true}"),
    ("[3, 5, 3]", "{upsample: , size: [3, 7], mode: area}"),
    ("[3, 5, 3]", "{upsample: 1.7, coordinates: half_pixel_symmetric, mode: linear}"),
    ("[3, 5, 3]", "{upsample: 1.7, coordinates: half_pixel, rounding: round_prefer_floor}"),
    ("[8, 3, 2]", "{pixel_shuffle: 2}"),
    ("[3, 4, 6]", "{space_to_depth: 2}"),
    ("[16, 2, 1, 2]", "{pixel_shuffle: 2}"),
    ("[6, 3, 2]", "{channel_shuffle: 2}"),
    ("[6, 3, 2]", "{slice: [1, 4]}"),
    ("[3, 4, 5]", "{softmax: , axis: height}"),
    ("[3, 4, 5]", "{log_softmax: , axis: width}"),
    ("[3, 4, 5]", "{permute: [height, channels, width]}"),
    ("[3, 2, 4, 5]", "{permute: [width, depth, channels, height]}"),
    ("[6, 3]", "{split: [1, 3, 2], part: 1}"),
    ("[3, 6, 2]", "{split: 3, axis: height, part: 2}"),
    ("[3, 4, 5]", "{select: -2, axis: width}"),
    ("[3, 7]", "{select: [2, -1]}"),
    *(
        ("[3, 4, 5]", f"{{reduce: {mode}, over: {over}, keepdims: {kept}}}")
        for mode in ("mean", "max", "min", "sum", "l2", "product", "logsumexp")
        for over, kept in (
            ("channels", "false"),
            ("positions", "true"),
            ("height", "false"),
            ("[channels, width]", "true"),
        )
    ),
    ("[3, 4, 2, 2]", "{reduce: l2, over: height, keepdims: false}"),
    ("[3, 4, 5]", "l2_normalize"),
    ("[3, 4, 5]", "rms_norm"),
    ("[3, 4, 5]", "{rms_norm: , over: all, eps: 0.1}"),
    ("[3, 4, 5]", "{rms_norm: , scale: false}"),
    ("[3, 4, 5]", "global_response_norm"),
    ("[5]", "{global_response_norm: , eps: 0.3}"),
    ("[1, 7]", "{embedding: 3, entries: 5}"),
    ("[6, 5]", "{attention: 2}"),
    ("[6, 5]", "{attention: 3, causal: true, bias: false, key: 4, value: 5, out: 2}"),
    ("[4, 4, 6]", "{attention: 2, window: [2, 3], shift: [1, 2], relative: true}"),
    ("[4, 4, 6]", "{attention: 2, grid: 2, relative: true, out_bias: false}"),
    ("[4, 2, 3]", "{attention: 1, relative: true}"),
    ("[2, 2, 2, 4]", "{attention: 2, window: 2, shift: [0, 0, 1]}"),
    ("[3, 4, 5]", "{l2_normalize: , over: [channels, height], eps: 2.5}"),
    ("[3, 4, 5]", "{pad: [[1, 2], [0, 3]], channels: 2}"),
    *(
        ("[3, 4, 5]", f"{{pad: [[1, 2], [0, 3]], mode: {mode}}}")
        for mode in ("reflect", "replicate", "circular")
    ),
    ("[3, 4, 5]", "{crop: [[1, 0], [2, 1]]}"),
]

# Merges of branches, with gates and crops: (input, layers).
MERGES = [
    ("[3, 5, 4]", ["{add: {a: [{conv: 3, kernel: 1}], b: []}}"]),
    ("[3, 5, 4]", ["{add: {a: [{conv: 3, kernel: 3}], b: [], c: [relu]}, align: crop}"]),
    ("[3, 5, 4]", ["{mul: {a: [{conv: 3, kernel: 1}], b: [], c: [tanh]}}"]),
    ("[3, 6, 5]", ["{mul: {a: [{conv: 3, kernel: 2}], b: [], c: [global_avgpool, sigmoid]}, align: crop}"]),
    ("[3, 5, 4]", ["{mul: {gate: [global_avgpool, flatten, {dense: 3}], map: []}}"]),
    ("[6]", ["{mul: {a: [{dense: 6}], b: []}}"]),
    ("[6, 1, 1]", ["{mul: {a: [flatten, {dense: 6}], b: []}}"]),
    ("[3, 5, 4]", ["{concat: {a: [{conv: 2, kernel: 1}], b: [], c: [sigmoid]}}"]),
    ("[3, 5, 4]", ["{concat: {a: [{conv: 2, kernel: 1}], b: [global_avgpool]}, broadcast: true}"]),
    ("[3, 6, 4]", ["{max_unpool: {pooled: [{maxpool: 2}, tanh], map: []}, kernel: 2}"]),
    ("[3, 7, 8]", ["{max_unpool: {pooled: [{avgpool: 2, stride: 3}], map: [tanh]}, kernel: 2, stride: 3}"]),
    ("[3, 5, 4]", ["{subtract: {a: [{conv: 3, kernel: 1}], b: []}}"]),
    *(
        ("[3, 5, 4]", [f"{{{kind}: {{a: [{{conv: 3, kernel: 1}}], b: [], c: [sigmoid]}}}}"])
        for kind in ("average", "maximum", "minimum")
    ),
    *(
        ("[3, 5, 4]", [f"{{{kind}: {{a: [{{conv: 1, kernel: 1}}], b: [], c: {rows}}}, broadcast: true}}"])
        for kind in ("add", "mul", "average", "maximum", "minimum")
        for rows in ("[{conv: 3, kernel: [5, 1]}]", "[global_avgpool, flatten]", "[{avgpool: [1, 4]}]")
    ),
    ("[3, 6, 5]", ["{add: {a: [{conv: 1, kernel: 3}], b: []}, broadcast: true, align: crop}"]),
    ("[3, 7, 6]", ["{concat: {a: [{conv: 2, kernel: 4}], b: []}, align: crop}"]),
    ("[6, 5]", ["{cross_attention: {a: [], b: [{conv: 4, kernel: 2}]}, heads: 2}"]),
    ("[4, 3, 4]", ["{cross_attention: {a: [{conv: 3, kernel: 2}], b: []}, heads: 3, key: 2, out: 5}"]),
    ("[6, 5]", ["{matmul: {a: [tanh], b: []}, transpose_second: true}"]),
    ("[6, 5]", ["{matmul: {a: [], b: [{conv: 6, kernel: 2}]}, transpose_first: true}"]),
    ("[3, 4, 5]", ["{matmul: {a: [], b: [sigmoid]}, transpose_second: true}"]),
    ("[3, 4, 5]", ["{concat: {a: [{maxpool: [2, 1]}], b: [tanh]}, axis: height}"]),
    (
        "[3, 6, 6]",
        [
            "{conv: 3, kernel: 3, padding: 1, name: one}",
            "tanh",
            "{conv: 3, kernel: 3, padding: 1, share: one}",
        ],
    ),
]


WRITTEN = [(shape, [line]) for shape, line in LAYERS] + MERGES
TRIED = {node.layer.kind for x, layers in WRITTEN for node in spec(*layers, shape=x).graph.layers}
EXAMPLES = [("[3, 7, 6]", [example_of(kind).line]) for kind in RUNNABLE if kind.kind not in TRIED]
"""The kinds for which the example is enough."""


def moved(tensors: Mapping[str, np.ndarray], random: np.random.Generator) -> dict[str, np.ndarray]:
    """A WeightSource without the special initial values; variances are positive."""
    found = {name: tensor + 0.3 * random.standard_normal(tensor.shape) for name, tensor in tensors.items()}
    return {n: np.abs(t) + 0.1 if n.endswith("running_var") else t for n, t in found.items()}


@pytest.mark.parametrize(("shape", "layers"), WRITTEN + EXAMPLES)
def test_the_gradient_is_what_a_small_step_changes(shape: str, layers: list[str]) -> None:
    network = spec(*layers, shape=shape)
    random = np.random.default_rng(7)
    x = 2 * random.standard_normal((2, *network.graph.nodes[0].shape.dims()))
    values = whole_numbers(network.graph, 0)
    x = random.integers(0, values, x.shape).astype(float) if values else x
    weights = moved(cnncalc.init_weights(network, data_type="float64"), random)
    output = cnncalc.run(network, x, weights, data_type="float64").output
    factors = random.standard_normal(output.shape)
    found = cnncalc.gradients(network, x, weights, cotangent=factors)
    assert found.value == pytest.approx(float(np.vdot(factors, output)))
    assert found.input.shape == x.shape
    learnable = {
        f"{node.name}.{name}" for node in network.graph.layers for name in node.layer.weights(*node.reads)
    }
    learnable &= weights.keys()  # without those that are shared
    assert {name: each.shape for name, each in found.weights.items()} == {
        name: weights[name].shape for name in learnable
    }

    def change(name: str, along: np.ndarray) -> float:
        """The derivative of the sum of the outputs with respect to each value of a tensor."""
        sums = []
        for step in (STEP, -STEP):
            there = weights | ({name: weights[name] + step * along} if name else {})
            y = cnncalc.run(network, x if name else x + step * along, there, data_type="float64").output
            sums.append(float(np.vdot(factors, y)))
        return (sums[0] - sums[1]) / (2 * STEP)

    if values:
        assert not found.input.any()
    for name in learnable if values else ("", *learnable):
        gradient = found.weights[name] if name else found.input
        for _ in range(3):
            along = random.standard_normal(gradient.shape)
            scale = float(np.linalg.norm(gradient) * np.linalg.norm(along))
            assert change(name, along) == pytest.approx(
                float(np.vdot(gradient, along)), abs=1e-7 * scale + 1e-7
            )
