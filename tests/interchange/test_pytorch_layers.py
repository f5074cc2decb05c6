"""Operations of PyTorch one by one: numbers and, with the same weights, outputs equal those of PyTorch."""

from collections.abc import Callable, Sequence
from textwrap import indent

import numpy as np
import pytest

from cnncalc import Spec, analyze, load, run
from cnncalc.executor.io.inputs import noises
from cnncalc.executor.io.weights import Weights
from cnncalc.interchange.conversion import converted
from cnncalc.interchange.network import ModelGraph
from cnncalc.interchange.pytorch import network_of
from cnncalc.layers.base import Dims
from cnncalc.shapes import shape_of
from tests.interchange.test_pytorch import counted
from tests.with_torch import Module, torch

pytestmark = pytest.mark.crosscheck

Case = tuple[str, str, Dims]
"""The body of `__init__`, that of `forward`, and the shape of the input."""

CASES: dict[str, Case] = {
    "larger and smaller of two": (
        "self.conv = nn.Conv2d(3, 3, 1)",
        "y = self.conv(x)\nreturn torch.max(x, y) - torch.min(x, other=y.amax(2, True))",
        (3, 4, 4),
    ),
    "distance": (
        "self.conv = nn.Conv2d(3, 3, 1)",
        "y = self.conv(x)\nreturn torch.abs(x - y) + y.abs()",
        (3, 4, 4),
    ),
    "another precision inside": (
        "self.conv = nn.Conv2d(3, 3, 1)",
        "return self.conv(x).double().float()",
        (3, 4, 4),
    ),
    "without gradients": (
        "self.conv = nn.Conv2d(3, 3, 1)",
        "with torch.inference_mode():\n    x = self.conv(x)\n    x += 1\n    return x.relu_()",
        (3, 4, 4),
    ),
    "subtract": ("self.pool = nn.AvgPool2d(3, 1, 1)", "return self.pool(x) - x", (3, 6, 6)),
    "numbers": ("pass", "return (1 - x * 0.17) / 6 + (2 + -x) - 0.5", (3, 4, 4)),
    "maximum": ("self.conv = nn.Conv2d(3, 3, 1)", "return torch.maximum(x, self.conv(x))", (3, 4, 4)),
    "gate of positions": (
        "self.gate = nn.Conv2d(6, 1, 3, padding=1)",
        "return x * self.gate(x).sigmoid()",
        (6, 5, 4),
    ),
    "gate of channels, expanded": (
        "self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)",
        "g = self.conv(x.mean((2, 3)).view(x.shape[0], 1, -1)).sigmoid()\n"
        "return x * g.view(x.shape[0], -1, 1, 1).expand_as(x)",
        (6, 5, 4),
    ),
    "class token and positions": (
        "self.token = nn.Parameter(torch.randn(1, 1, 4))\n"
        "self.places = nn.Parameter(torch.randn(1, 7, 4))\n"
        "self.conv, self.fc = nn.Conv2d(3, 4, 2, 2), nn.Linear(4, 5)",
        "x = self.conv(x).flatten(2).transpose(1, 2)\n"
        "x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.places\n"
        "return self.fc(x[:, 0])",
        (3, 4, 6),
    ),
    "a table of positions as a buffer": (
        "self.register_buffer('table', torch.randn(1, 3, 4, 5))",
        "return F.gelu(x - self.table)",
        (3, 4, 5),
    ),
    "a factor and an offset": (
        "self.a, self.b = nn.Parameter(torch.randn(1)), nn.Parameter(torch.randn(3, 1, 1))",
        "return self.a * x + self.b",
        (3, 4, 5),
    ),
    "a parameter that is broadcast": (
        "self.a = nn.Parameter(torch.randn(1, 1, 4, 5))",
        "return x * self.a",
        (3, 4, 5),
    ),
    "softmax along positions": ("pass", "return x.flatten(2).softmax(dim=-1)", (3, 4, 5)),
    "log_softmax": ("pass", "return F.log_softmax(x, dim=1)", (3, 4, 5)),
    "normalize": ("pass", "return F.normalize(x, dim=1)", (3, 4, 5)),
    "maximum of channels": (
        "self.conv = nn.Conv2d(2, 1, 3, padding=1)",
        "y = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], dim=1)\n"
        "return x * self.conv(y).sigmoid()",
        (6, 5, 4),
    ),
    "norm of positions": ("pass", "return x.norm(p=2, dim=(2, 3), keepdim=True)", (3, 4, 5)),
    "mean of an axis": ("pass", "return x.mean(3) + x.sum(3)", (3, 4, 5)),
    "global response normalization": (
        "self.a, self.b = nn.Parameter(torch.randn(1, 1, 1, 3)), nn.Parameter(torch.randn(1, 1, 1, 3))",
        "x = x.permute(0, 2, 3, 1)\n"
        "n = torch.norm(x, p=2, dim=(1, 2), keepdim=True)\n"
        "x = self.a * (x * (n / (n.mean(dim=-1, keepdim=True) + 1e-6))) + x + self.b\n"
        "return x.permute(0, 3, 1, 2)",
        (3, 4, 5),
    ),
    "mixer": (
        "self.tokens, self.channels = nn.Linear(12, 12), nn.Linear(3, 3)\nself.norm = nn.LayerNorm(3)",
        "x = x.flatten(2).transpose(1, 2)\n"
        "x = x + self.tokens(self.norm(x).transpose(1, 2)).transpose(1, 2)\n"
        "return self.channels(x).mean(1)",
        (3, 4, 3),
    ),
    "channels last": (
        "self.conv, self.norm = nn.Conv2d(3, 4, 2, 2), nn.LayerNorm(4)\nself.fc = nn.Linear(4, 8)",
        "x = self.norm(self.conv(x).permute(0, 2, 3, 1))\n"
        "a, b = self.fc(F.pad(x, (0, 0, 0, 1, 2, 0))).chunk(2, dim=-1)\n"
        "return (a * F.gelu(b)).permute(0, 3, 1, 2)",
        (3, 6, 8),
    ),
    "rms_norm": (
        "self.norm = nn.RMSNorm(3)",
        "return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)",
        (3, 4, 5),
    ),
    "parts of maps": (
        "pass",
        "return torch.cat([x[:, 1:3, 1:, 2], x[..., 0, :4].narrow(1, 0, 2)[..., 1:]], dim=2)",
        (4, 4, 5),
    ),
    "rows among the channels": (
        "pass",
        "x = x.view(x.shape[0], 3, 2, 2, 5).permute(0, 1, 3, 2, 4)\nreturn x.reshape(x.shape[0], 6, 2, 5)",
        (3, 4, 5),
    ),
    "space to depth by a view": (
        "pass",
        "x = x.view(x.shape[0], 3, 2, 2, 3, 2).permute(0, 5, 3, 1, 2, 4)\n"
        "return x.reshape(x.shape[0], 12, 2, 3)",
        (3, 4, 6),
    ),
    "slices with steps": (
        "pass",
        "return torch.cat([x[:, :, ::2, 1::3], x[:, :, 1::2, ::3]], 1)",
        (3, 4, 6),
    ),
    "movedim and negative padding": (
        "self.norm = nn.LayerNorm(3)",
        "return F.pad(self.norm(x.movedim(1, -1)).movedim(-1, 1), (-1, 0, 0, -2))",
        (3, 4, 6),
    ),
    "max_unpool": (
        "self.pool, self.back = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)\n"
        "self.conv = nn.Conv2d(3, 3, 1)",
        "y, where = self.pool(x)\nreturn self.back(self.conv(y), where)",
        (3, 4, 6),
    ),
    "bicubic": ("pass", "return F.interpolate(x, scale_factor=2, mode='bicubic')", (3, 4, 5)),
    "area": ("pass", "return F.interpolate(x, size=(2, 3), mode='area')", (3, 4, 6)),
    "attention with one projection": (
        "self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)",
        "x = x.flatten(2).transpose(1, 2)\n"
        "q, k, v = self.qkv(x).reshape(x.shape[0], -1, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)\n"
        "x = F.scaled_dot_product_attention(q, k, v)\n"
        "return self.proj(x.transpose(1, 2).flatten(2))",
        (8, 3, 4),
    ),
    "attention by hand, another width": (
        "self.q, self.k, self.v = (nn.Conv2d(8, n, 1, bias=False) for n in (6, 6, 9))\n"
        "self.out = nn.Conv2d(9, 5, 1)",
        "q, k, v = (f(x).view(x.shape[0], 3, -1, 12) for f in (self.q, self.k, self.v))\n"
        "w = (q.transpose(-2, -1) @ k * 2 ** -0.5).softmax(dim=-1)\n"
        "x = (w @ v.transpose(-2, -1)).transpose(-2, -1).reshape(x.shape[0], 9, 3, 4)\n"
        "return self.out(x)",
        (8, 3, 4),
    ),
    "attention without heads or projection": (
        "self.q, self.k, self.v = (nn.Conv2d(4, n, 1) for n in (2, 2, 4))\n"
        "self.gamma = nn.Parameter(torch.ones(1))",
        "q, k, v = (f(x).flatten(2) for f in (self.q, self.k, self.v))\n"
        "w = torch.softmax(torch.bmm(q.permute(0, 2, 1), k), dim=-1)\n"
        "return x + self.gamma * torch.bmm(v, w.permute(0, 2, 1)).view(x.shape)",
        (4, 3, 5),
    ),
    "attention with another factor": (
        "self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)",
        "x = x.flatten(2).transpose(1, 2)\n"
        "q, k, v = self.qkv(x).reshape(x.shape[0], -1, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)\n"
        "x = F.scaled_dot_product_attention(q, k, v, scale=0.1)\n"
        "return self.proj(x.transpose(1, 2).flatten(2))",
        (8, 3, 4),
    ),
    "nn.MultiheadAttention": (
        "self.norm, self.attention = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)",
        "x = self.norm(x.flatten(2).transpose(1, 2))\n"
        "return x + self.attention(x, x, x, need_weights=False)[0]",
        (8, 3, 4),
    ),
    "cross attention": (
        "self.attention, self.down = nn.MultiheadAttention(8, 2, batch_first=True), nn.Conv2d(8, 8, 2, 2)",
        "y = self.down(x).flatten(2).transpose(1, 2)\n"
        "x = x.flatten(2).transpose(1, 2)\n"
        "return self.attention(x, y, y)[0]",
        (8, 4, 4),
    ),
    "a transformer layer": (
        "self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)",
        "return self.layer(x.flatten(2).transpose(1, 2)).mean(1)",
        (8, 3, 4),
    ),
    "attention in windows": (
        "self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)",
        "b = x.shape[0]\n"
        "x = x.permute(0, 2, 3, 1).view(b, 2, 3, 2, 2, 8).transpose(2, 3).reshape(b * 4, 6, 8)\n"
        "q, k, v = self.qkv(x).reshape(b * 4, 6, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)\n"
        "x = self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b * 4, 6, 8))\n"
        "x = x.view(b, 2, 2, 3, 2, 8).transpose(2, 3).reshape(b, 6, 4, 8)\n"
        "return x.permute(0, 3, 1, 2)",
        (8, 6, 4),
    ),
    "padding before a pooling": (
        "pass",
        "return F.max_pool2d(F.pad(x, (0, 1, 0, 2), value=float('-inf')), 3, 1)",
        (3, 5, 4),
    ),
    "padding before functions with all arguments": (
        "self.weight = nn.Parameter(torch.randn(4, 3, 2, 2))",
        "x = torch.conv2d(F.pad(x, [0, 1]), self.weight, None, 1, 0, 1, 1)\n"
        "x = torch.max_pool2d(F.pad(x, (1, 0), 'constant', float('-inf')), 2, 1, 0, 1, False)\n"
        "return torch.nn.functional.avg_pool2d(F.pad(x, (1, 0)), 2, 1, 0, False, True, None)",
        (3, 6, 5),
    ),
    "padding with names of arguments, and none": (
        "pass",
        "x = F.pad(input=x, pad=(0, 1))\nreturn F.avg_pool2d(F.pad(F.avg_pool2d(x, 2), ()), kernel_size=2)",
        (3, 8, 7),
    ),
    "padding before a mean": ("pass", "return F.avg_pool2d(F.pad(x, (0, 1)), 2)", (3, 6, 5)),
    "mirrored padding": (
        "self.conv = nn.Conv2d(3, 4, 3, padding=(1, 2), padding_mode='reflect')",
        "return self.conv(x)",
        (3, 6, 5),
    ),
    "padding that others read": (
        "self.weight = nn.Parameter(torch.randn(4, 3, 2, 2))",
        "y = F.pad(x, (0, 1, 0, 1))\nreturn torch.cat([F.conv2d(y, self.weight), F.max_pool2d(y, 2, 1)], 1)",
        (3, 5, 4),
    ),
    "sum of several": (
        "self.a, self.b = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)",
        "return sum([x, self.a(x), self.b(x)])",
        (3, 4, 4),
    ),
    "mean of two": (
        "self.conv = nn.Conv2d(3, 3, 1)",
        "return (x + self.conv(x)) / 2",
        (3, 4, 4),
    ),
    "a sum divided by another number": (
        "self.conv = nn.Conv2d(3, 3, 1)",
        "return (x + self.conv(x)) / 4",
        (3, 4, 4),
    ),
    "crop around the centre for a concatenation": (
        "self.conv = nn.Conv2d(3, 4, 4)",
        "y = self.conv(x)\nreturn torch.cat([x[:, :, 1:5, 1:6], y], 1)",
        (3, 7, 8),
    ),
    "crop elsewhere for a concatenation": (
        "self.conv = nn.Conv2d(3, 4, 4)",
        "y = self.conv(x)\nreturn torch.cat([x[:, :, 2:6, 1:6], y], 1)",
        (3, 7, 8),
    ),
    "pooling over several grids": (
        "self.fc = nn.Linear(63, 5)",
        "return self.fc(torch.cat([F.adaptive_max_pool2d(x, n).flatten(1) for n in (1, 2, 4)], 1))",
        (3, 9, 8),
    ),
    "product of matrices": (
        "self.q, self.k = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 2, 1)",
        "q, k = self.q(x).flatten(2), self.k(x).flatten(2)\n"
        "return torch.bmm(x.flatten(2), (q.transpose(1, 2) @ k).transpose(1, 2))",
        (3, 4, 5),
    ),
}


def module_of(init: str, forward: str) -> Module:
    """A module with random parameters."""
    source = (
        "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
        "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"{indent(init, ' ' * 8)}\n    def forward(self, x):\n{indent(forward, ' ' * 8)}\n"
    )
    scope: dict[str, Callable[[], Module]] = {}
    exec(source, scope)
    torch.manual_seed(0)
    module = scope["Net"]().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape))
        for name, buffer in module.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.copy_(torch.rand(buffer.shape) + 0.5)
    return module


def weights_of(module: Module, network: ModelGraph, names: Sequence[str]) -> Weights:
    """The tensors of a module for the layers of a flat spec with these names."""
    state = {name: tensor.detach().numpy() for name, tensor in module.state_dict().items()}
    found: Weights = {}
    shapes = [*network.inputs.values(), *(step.output for step in network.steps)]
    for step, layer in zip(network.steps, names, strict=True):
        reads = [shape_of(shapes[at]) for at in step.inputs]
        wanted = {**step.layer.weights(*reads), **step.layer.buffers(*reads)}
        for (tensor, dims), name in zip(wanted.items(), step.tensors, strict=True):
            found[f"{layer}.{tensor}"] = arranged(part_of(state, name), dims)
    return found


def part_of(state: dict[str, np.ndarray], name: str) -> np.ndarray:
    """A tensor, or the rows of one: `qkv.weight[0:8]`."""
    plain, _, rows = name.partition("[")
    if not rows:
        return state[plain]
    start, stop = rows.rstrip("]").split(":")
    return state[plain][int(start) : int(stop)]


def arranged(values: np.ndarray, dims: Dims) -> np.ndarray:
    """A tensor with the shape that the executor wants: with the channels first, without axes of size 1."""
    size = [n for n in values.shape if n > 1]
    if size == [n for n in dims if n > 1]:
        return values.reshape(dims)
    return np.moveaxis(values.reshape(size), -1, 0).reshape(dims)


def difference(module: Module, network: ModelGraph, spec: Spec) -> float:
    """How far the outputs of a flat spec are from those of the module, relative to the largest."""
    x = noises(spec.graph, 2, 1)
    with torch.inference_mode():
        theirs = module(torch.from_numpy(x["input"].astype("float32"))).numpy()
    names = [node.name for node in spec.graph.layers]
    (mine,) = run(spec, x, weights_of(module, network, names)).outputs.values()
    assert mine.size == theirs.size
    mine = mine.reshape(theirs.shape) if mine.ndim != 3 or mine.shape == theirs.shape else mine
    if mine.shape != theirs.shape:
        mine = np.moveaxis(mine, 1, -1)
    return float(np.abs(theirs - mine).max() / np.abs(theirs).max())


ONE_LAYER = {
    "attention with one projection": "- {attention: 2}",
    "attention by hand, another width": "- {attention: 3, key: 2, value: 3, out: 5, bias: false}",
    "nn.MultiheadAttention": "- {attention: 2}",
    "cross attention": "- cross_attention:",
    "attention in windows": "- {attention: 2, window: [3, 2]}",
    "global response normalization": "- global_response_norm",
    "padding before a pooling": "- {maxpool: 3, stride: 1, padding: [[0, 2], [0, 1]]}",
    "padding before a mean": "- {avgpool: 2, padding: [0, [0, 1]]}",
    "mirrored padding": "- {conv: 4, kernel: 3, padding: [1, 2], padding_mode: reflect}",
    "sum of several": "- add:",
    "mean of two": "- average:",
    "a sum divided by another number": "- {rescale: 0.25}",
    "crop around the centre for a concatenation": "    align: crop",
    "pooling over several grids": "- spatial_pyramid_pool",
}


@pytest.mark.parametrize("name", ONE_LAYER)
def test_what_is_one_kind_is_one_layer(name: str) -> None:
    init, forward, dims = CASES[name]
    text = converted(network_of(module_of(init, forward), {"input": dims}, "net")).text
    assert ONE_LAYER[name] in text
    assert "matmul" not in text
    assert "conv: 24" not in text


@pytest.mark.parametrize("name", CASES)
def test_an_operation_has_the_numbers_and_the_outputs_of_pytorch(name: str) -> None:
    init, forward, dims = CASES[name]
    module = module_of(init, forward)
    network = network_of(module, {"input": dims}, "net")
    spec = load(converted(network, flat=True).text)
    report = analyze(spec)
    assert report.totals.params.total == sum(each.numel() for each in module.parameters())
    assert report.totals.macs == counted(module, {"input": "x".join(map(str, dims))})
    assert analyze(converted(network).text).totals.macs == report.totals.macs
    assert difference(module, network, spec) <= 1e-4
