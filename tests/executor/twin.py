"""Rebuilds a graph in PyTorch, channels first, with the same weights by name: the executor's twin.

Kinds that PyTorch has use PyTorch; the others are built from its primitives in `twin_layers`. From
cnncalc, only the options of the layers and the structure of the graph are used.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from cnncalc.graph import Graph, Node
from cnncalc.layers import BY_NAME
from tests.executor import twin_attention, twin_axes
from tests.executor import twin_layers as made
from tests.executor.twin_axes import axis
from tests.executor.twin_sides import border, both_sides, cut, nd, one_number, sides_of, spread
from tests.with_torch import Tensor, torch
from tests.with_torch import functional as F  # noqa: N812

Tensors = Mapping[str, Tensor]


def convolved(layer: Any, x: Tensor, weight: Tensor, bias: Tensor | None, groups: int = 1) -> Tensor:
    """A convolution with PyTorch's own padding if possible, else with explicit padding."""
    sides = sides_of(layer, x)
    own = one_number(sides) if layer.padding_mode == "zeros" else None
    x = x if own else border(x, sides, mode=layer.padding_mode)
    options = {"stride": layer.stride, "dilation": getattr(layer, "dilation", 1), "groups": groups}
    return nd("conv", x)(x, weight, bias, padding=own or 0, **options)


def conv(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    weight = w["weight"]
    if layer.standardize:  # as in timm's StdConv2d
        rows = weight.reshape(1, len(weight), -1)
        rows = F.batch_norm(rows, None, None, training=True, momentum=0.0, eps=layer.eps)
        weight = rows.reshape(weight.shape)
    return convolved(layer, x, weight, w.get("bias"), layer.groups)


def depthwise(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return convolved(layer, x, w["weight"], w.get("bias"), x.shape[1])


def separable(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    between = convolved(layer, x, w["depthwise"], None, x.shape[1])
    return nd("conv", x)(between, w["pointwise"], w.get("bias"))


def conv_transpose(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """PyTorch's own if it supports the padding; else its unpadded output is cropped or padded."""
    rank = x.dim() - 2
    names = ("stride", "dilation", "output_padding")
    options = {name: spread(getattr(layer, name) or 0, rank) for name in names} | {"groups": layer.groups}
    own = one_number(both_sides(layer.padding, rank)) if not isinstance(layer.padding, str) else None
    transposed = nd("conv_transpose", x)
    if own:
        return transposed(x, w["weight"], w.get("bias"), padding=own, **options)
    whole = transposed(x, w["weight"], None, **options)
    y = cut(whole, made.transposed_sides(layer, x, whole))
    return y + made.per_channel(w["bias"], y) if "bias" in w else y


def pooled(name: str, layer: Any, x: Tensor, **options: Any) -> Tensor | None:
    """PyTorch's pooling, if it supports the padding: at most half the kernel, equal on both sides."""
    rank = x.dim() - 2
    own = one_number(made.written_sides(layer, x))
    kernel = spread(layer.kernel, rank)
    if own is None or any(2 * p > k for p, k in zip(own, kernel, strict=True)):
        return None
    stride = kernel if layer.stride is None else spread(layer.stride, rank)
    if name == "avg_pool" and rank == 3 and any(k > n for k, n in zip(kernel, x.shape[2:], strict=True)):
        return None  # PyTorch refuses it although the padded map is large enough
    return nd(name, x)(x, kernel, stride, own, ceil_mode=layer.fit == "ceil", **options)


def maxpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    y = pooled("max_pool", layer, x, dilation=layer.dilation)
    return made.maxpool(layer, w, x) if y is None else y


def avgpool(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    dilated = any(each > 1 for each in spread(layer.dilation, x.dim() - 2))
    y = None if dilated else pooled("avg_pool", layer, x, count_include_pad=layer.count_padding)
    return made.avgpool(layer, w, x) if y is None else y


def upsample(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    rank = x.dim() - 2
    mode, corners = layer.mode, layer.align_corners
    if mode == "nearest":
        mode, corners = ("nearest-exact" if layer.coordinates == "half_pixel" else mode), None
    elif mode == "area":
        corners = None
    elif "linear" in mode:
        mode = ("linear", "bilinear", "trilinear")[rank - 1]
    if layer.size is not None:
        return F.interpolate(x, size=spread(layer.size, rank), mode=mode, align_corners=corners)
    factors = tuple(map(float, layer.scale if isinstance(layer.scale, tuple) else [layer.scale] * rank))
    return F.interpolate(x, scale_factor=factors, mode=mode, align_corners=corners)


def batchnorm(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return F.batch_norm(x, w["running_mean"], w["running_var"], w.get("weight"), w.get("bias"), eps=layer.eps)


def layernorm(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    more = (w.get("weight"), w.get("bias"), layer.eps)
    if layer.over == "all":
        return F.layer_norm(x, x.shape[1:], *more)
    return F.layer_norm(x.movedim(1, -1), x.shape[1:2], *more).movedim(-1, 1)


def groupnorm(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return torch.group_norm(x, layer.groups, w.get("weight"), w.get("bias"), layer.eps)


def instancenorm(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    flags = (None, None, True, 0.0, layer.eps, False)
    return torch.instance_norm(x, w.get("weight"), w.get("bias"), *flags)


def lrn(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    y = F.local_response_norm(x.reshape(*x.shape[:2], -1), layer.size, layer.alpha, layer.beta, layer.k)
    return y.reshape(x.shape)


def pad(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    y = border(x, both_sides(layer.amount, x.dim() - 2), layer.value, layer.mode)
    return torch.cat([y, y.new_zeros(y.shape[0], layer.channels, *y.shape[2:])], 1)


def mul(layer: Any, w: Tensors, *xs: Tensor) -> Tensor:
    """Gates with one position are broadcast over maps."""
    if layer.broadcast:
        return joined("mul")(layer, w, *xs)
    rank = max(x.dim() for x in xs)
    maps = [x for x in xs if prod(x.shape[2:]) > 1]
    gates = [x.reshape(*x.shape[:2], *(1,) * (rank - 2)) for x in xs if prod(x.shape[2:]) == 1]
    return reduce(torch.mul, [*made.aligned(layer, maps), *gates])


def joined(name: str) -> Callable[..., Tensor]:
    """The function of `torch` with this name, over the inputs in order."""
    return lambda layer, w, *xs: reduce(getattr(torch, name), made.aligned(layer, xs))


def concat(layer: Any, w: Tensors, *xs: Tensor) -> Tensor:
    if layer.axis != "channels":
        return torch.cat(xs, axis(layer.axis, xs[0]))
    parts = made.aligned(layer, xs)
    sizes = [max(n) for n in zip(*(part.shape[2:] for part in parts), strict=True)]
    return torch.cat([part.expand(*part.shape[:2], *sizes) for part in parts], 1)


def everywhere(x: Tensor) -> tuple[int, ...]:
    return tuple(range(2, x.dim()))


def adaptive(name: str) -> Callable[..., Tensor]:
    return lambda layer, w, x: nd(name, x)(x, spread(layer.size, x.dim() - 2))


FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    **{kind: getattr(made, kind) for kind in BY_NAME if hasattr(made, kind)},
    **{kind: getattr(twin_axes, kind) for kind in BY_NAME if hasattr(twin_axes, kind)},
    **{kind: getattr(twin_attention, kind) for kind in BY_NAME if hasattr(twin_attention, kind)},
    "input": lambda layer, w, x: x,
    "conv": conv,
    "depthwise": depthwise,
    "separable": separable,
    "conv_transpose": conv_transpose,
    "dense": lambda layer, w, x: F.linear(x.flatten(1), w["weight"], w.get("bias")),
    "maxpool": maxpool,
    "avgpool": avgpool,
    "global_avgpool": lambda layer, w, x: x.mean(everywhere(x), keepdim=True),
    "global_maxpool": lambda layer, w, x: x.amax(everywhere(x), keepdim=True),
    "adaptive_avgpool": adaptive("adaptive_avg_pool"),
    "adaptive_maxpool": adaptive("adaptive_max_pool"),
    "batchnorm": batchnorm,
    "layernorm": layernorm,
    "groupnorm": groupnorm,
    "instancenorm": instancenorm,
    "lrn": lrn,
    "relu": lambda layer, w, x: F.relu(x),
    "relu6": lambda layer, w, x: F.relu6(x),
    "leaky_relu": lambda layer, w, x: F.leaky_relu(x, layer.slope),
    "prelu": made.prelu,
    "elu": lambda layer, w, x: F.elu(x, layer.alpha),
    "selu": lambda layer, w, x: F.selu(x),
    "celu": lambda layer, w, x: F.celu(x, layer.alpha),
    "gelu": lambda layer, w, x: F.gelu(x, approximate=layer.approximate),
    "abs": lambda layer, w, x: x.abs(),
    "softsign": lambda layer, w, x: F.softsign(x),
    "thresholded_relu": lambda layer, w, x: F.threshold(x, layer.threshold, 0.0),
    "hardmax": lambda layer, w, x: F.one_hot(x.argmax(1), x.shape[1]).movedim(-1, 1).to(x.dtype),
    "silu": lambda layer, w, x: F.silu(x),
    "hardswish": lambda layer, w, x: F.hardswish(x),
    "hardsigmoid": lambda layer, w, x: F.hardsigmoid(x),
    "sigmoid": lambda layer, w, x: torch.sigmoid(x),
    "tanh": lambda layer, w, x: torch.tanh(x),
    "softplus": lambda layer, w, x: F.softplus(x, threshold=40.0),
    "mish": lambda layer, w, x: F.mish(x),
    "softmax": lambda layer, w, x: F.softmax(x, axis(layer.axis, x)),
    "log_softmax": lambda layer, w, x: F.log_softmax(x, axis(layer.axis, x)),
    "dropout": lambda layer, w, x: F.dropout(x, layer.rate, training=False),
    "identity": lambda layer, w, x: x,
    "flatten": lambda layer, w, x: x.flatten(1),
    "reshape": lambda layer, w, x: x.reshape(x.shape[0], *layer.shape),
    "upsample": upsample,
    "slice": lambda layer, w, x: x[:, layer.channels[0] : layer.channels[1]],
    "pad": pad,
    "crop": lambda layer, w, x: cut(x, both_sides(layer.amount, x.dim() - 2)),
    "add": joined("add"),
    "mul": mul,
    "subtract": joined("sub"),
    "average": lambda layer, w, *xs: joined("add")(layer, w, *xs) / len(xs),
    "maximum": joined("maximum"),
    "minimum": joined("minimum"),
    "concat": concat,
}

IN_PLACE: Mapping[str, Callable[..., Tensor]] = {
    "relu": lambda x: torch.relu_(x),
    "relu6": lambda x: F.hardtanh(x, 0.0, 6.0, inplace=True),
    "add": lambda *xs: reduce(torch.Tensor.add_, xs),
}
"""Kinds that overwrite their first input in torchvision's networks."""

FRESH = ("conv", "depthwise", "conv_transpose", "dense", "batchnorm", "add")
"""Kinds whose output has its own memory."""


class Twin:
    """A graph in PyTorch. `in_place` lets activations overwrite inputs that nothing else reads."""

    def __init__(self, graph: Graph, tensors: Mapping[str, np.ndarray], in_place: bool = False) -> None:
        self.graph = graph
        self.in_place = in_place
        self.weights = [self._own(node, tensors) for node in graph.nodes]
        self._readers = [0] * len(graph.nodes)
        for node in graph.nodes:
            for read in node.inputs:
                self._readers[read] += 1

    def _own(self, node: Node, tensors: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
        """The tensors of a node, or of the node whose weights it shares, by `layer.tensor`."""
        layer = node.name if node.shares is None else self.graph.nodes[node.shares].name
        names = {key: key.rpartition(".") for key in tensors}
        return {name: torch.from_numpy(tensors[key]) for key, (of, _, name) in names.items() if of == layer}

    def to_channels_last(self) -> None:
        """Kernels in channels-last format, which can be faster in PyTorch."""
        for own in self.weights:
            for name in [name for name, tensor in own.items() if tensor.dim() == 4]:
                own[name] = own[name].contiguous(memory_format=torch.channels_last)

    def __call__(self, x: Tensor) -> Tensor:
        """The network's output; every tensor is released after its last reader."""
        with torch.inference_mode():
            return self._forward(x, everything=False)[self.graph.output]

    def everything(self, x: Tensor | Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs of all layers, by name; several inputs are given by name."""
        with torch.inference_mode():
            values = self._forward(x, everything=True)
        return {node.name: values[at] for at, node in enumerate(self.graph.nodes)}

    def _forward(self, x: Tensor | Mapping[str, Tensor], everything: bool) -> dict[int, Tensor]:
        values: dict[int, Tensor] = {}
        left = self._readers.copy()
        first = next(iter(x.values())) if isinstance(x, Mapping) else x
        for at, node in enumerate(self.graph.nodes):
            given = x.get(node.name, first) if isinstance(x, Mapping) else x  # any for a learned tensor
            inputs = [values[read] for read in node.inputs] or [given]
            if self.in_place and not everything and self._is_alone(node):
                values[at] = IN_PLACE[node.layer.kind](*inputs)
            else:
                values[at] = FUNCTIONS[node.layer.kind](node.layer, self.weights[at], *inputs)
            del inputs
            for read in node.inputs:
                left[read] -= 1
                if not (left[read] or everything or read == self.graph.output):
                    values.pop(read, None)
        return values

    def _is_alone(self, node: Node) -> bool:
        """Whether a node may overwrite its first input."""
        if node.layer.kind not in IN_PLACE or getattr(node.layer, "align", "exact") != "exact":
            return False
        first = node.inputs[0]
        return self._readers[first] == 1 and self.graph.nodes[first].layer.kind in FRESH
