"""Every option of every imported layer matters: with another value, verification or the outputs show it."""

from collections.abc import Iterator
from typing import Literal, get_args, get_origin, get_type_hints

import pytest
from msgspec import structs

from cnncalc import load
from cnncalc.interchange.conversion import converted
from cnncalc.interchange.network import ForeignError, ModelGraph
from cnncalc.interchange.pytorch import network_of
from cnncalc.layers import Layer, LayerError, Merge
from tests.interchange.test_pytorch_layers import CASES as OPERATIONS
from tests.interchange.test_pytorch_layers import Case, difference, module_of
from tests.with_torch import Module

pytestmark = [pytest.mark.crosscheck, pytest.mark.slow]

MAP = (4, 9, 10)

CASES: dict[str, Case] = {
    "conv1d": ("self.a = nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2)", "return self.a(x)", (4, 16)),
    "conv2d": ("self.a = nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), groups=2)", "return self.a(x)", MAP),
    "conv3d": ("self.a = nn.Conv3d(2, 3, 2, bias=False)", "return self.a(x)", (2, 4, 5, 6)),
    "padding by name": ("self.a = nn.Conv2d(4, 6, 3, padding='same', dilation=2)", "return self.a(x)", MAP),
    "depthwise": ("self.a = nn.Conv2d(4, 8, 3, 2, 1, groups=4)", "return self.a(x)", MAP),
    "conv_transpose2d": (
        "self.a = nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, dilation=2)",
        "return self.a(x)",
        MAP,
    ),
    "linear": ("self.a = nn.Linear(4, 6)", "return self.a(x.mean((2, 3)))", MAP),
    "batch_norm": ("self.a = nn.BatchNorm2d(4, eps=0.01)", "return self.a(x)", MAP),
    "batch_norm without parameters": ("self.a = nn.BatchNorm2d(4, affine=False)", "return self.a(x)", MAP),
    "group_norm": ("self.a = nn.GroupNorm(2, 4, eps=0.01)", "return self.a(x)", MAP),
    "instance_norm": ("self.a = nn.InstanceNorm2d(4, eps=0.01, affine=True)", "return self.a(x)", MAP),
    "layer_norm": ("self.a = nn.LayerNorm([4, 9, 10], bias=False)", "return self.a(x)", MAP),
    "local_response_norm": ("pass", "return F.local_response_norm(x, 3, 0.5, 0.6, 0.7)", MAP),
    "normalize": ("pass", "return F.normalize(x, dim=2, eps=2.0)", MAP),
    "max_pool2d": ("pass", "return F.max_pool2d(x, (3, 2), 2, (1, 0), (2, 1))", MAP),
    "max_pool2d, rounded up": ("pass", "return F.max_pool2d(x, 2, ceil_mode=True)", MAP),
    "avg_pool2d": ("pass", "return F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False)", MAP),
    "avg_pool1d": ("pass", "return F.avg_pool1d(x, 3, padding=1)", (4, 16)),
    "lp_pool2d": ("pass", "return F.lp_pool2d(x.abs(), 3, 2, 1)", MAP),
    "adaptive_avg_pool2d": ("pass", "return F.adaptive_avg_pool2d(x, (2, 3))", MAP),
    "adaptive_max_pool2d": ("pass", "return F.adaptive_max_pool2d(x, 4)", MAP),
    "global pooling": ("pass", "return x.amax((2, 3)) + x.mean((2, 3))", MAP),
    "leaky_relu": ("pass", "return F.leaky_relu(x, 0.3)", MAP),
    "elu and celu": ("pass", "return F.elu(x, 0.3) + F.celu(x, 0.6)", MAP),
    "gelu": ("pass", "return F.gelu(x * 2, approximate='tanh') - F.gelu(x)", MAP),
    "prelu": ("self.a = nn.PReLU(); self.b = nn.PReLU(4)", "return self.a(x) - self.b(x)", MAP),
    "clamp": ("pass", "return x.clamp(-0.3, 0.4) + F.hardtanh(x) + F.relu6(9 * x)", MAP),
    "softmax": ("pass", "return x.softmax(2) - x.log_softmax(3)", MAP),
    "activations": (
        "pass",
        "return F.silu(x) + F.mish(x) + F.hardswish(x) + F.hardsigmoid(x) + F.softplus(x) + F.softsign(x)",
        MAP,
    ),
    "reductions": ("pass", "return x.sum(1, True) + x.amin(2, True) + x.logsumexp((1, 3), True)", MAP),
    "nearest": ("pass", "return F.interpolate(x, scale_factor=(2, 3))", MAP),
    "bilinear": ("pass", "return F.interpolate(x, (13, 17), mode='bilinear', align_corners=True)", MAP),
    "pixel_shuffle": ("pass", "return F.pixel_unshuffle(F.pixel_shuffle(x, 2), 3)", (4, 9, 9)),
    "channel_shuffle": ("pass", "return F.channel_shuffle(x, 2)", MAP),
    "padding around a convolution": (
        "self.a = nn.Conv2d(4, 6, 3, padding=2, padding_mode='circular')",
        "return self.a(x)",
        MAP,
    ),
    "standardized weights": (
        "self.a = nn.Conv2d(4, 6, 3, 2, 1, groups=2)",
        "w = self.a.weight.reshape(1, 6, -1)\n"
        "w = F.batch_norm(w, None, None, training=True, momentum=0.0, eps=0.2).reshape_as(self.a.weight)\n"
        "return F.conv2d(x, w, self.a.bias, 2, 1, groups=2)",
        MAP,
    ),
    "standardized weights with a gain": (
        "self.a = nn.Conv2d(4, 6, 3); self.gain = nn.Parameter(torch.rand(6, 1, 1, 1))",
        "w = self.a.weight.reshape(1, 6, -1)\n"
        "w = F.batch_norm(w, None, None, weight=(self.gain * 0.3).view(-1), training=True, eps=0.2)\n"
        "return F.conv2d(x, w.reshape_as(self.a.weight), self.a.bias)",
        MAP,
    ),
    "padding by a value": ("pass", "return F.pad(x, (1, 2, 0, 0), value=0.7)", MAP),
    "a stack of maps": (
        "pass",
        "x = torch.stack([x, x.relu(), x * x], 1)\nreturn (x * x.mean((3, 4), True).softmax(1)).sum(1)",
        MAP,
    ),
    "a stack along the last axis": ("pass", "return torch.stack([x, x.relu()], -1).flatten(2)", (4, 5)),
    "a stack of vectors": ("pass", "x = x.mean((2, 3))\nreturn torch.stack([x, x.relu()], 2).relu()", MAP),
    "a parameter as a tensor and as a shift": (
        "self.a = nn.Parameter(torch.rand(1, 4, 9, 10))",
        "return torch.cat([x, self.a.expand(x.shape[0], -1, -1, -1)], 2)[:, :, :9] + self.a",
        MAP,
    ),
    "einsum of two maps": (
        "self.a = nn.Conv2d(4, 3, 1)",
        "return torch.einsum('b c i j, b d k j -> b c d', x[:, :, :1], self.a(x)[:, :, :1]).relu()",
        MAP,
    ),
    "einsum of maps, rearranged": ("pass", "return torch.einsum('bchw,bcgw->bcgh', x, x.relu())", MAP),
    "einsum with a parameter": (
        "self.a = nn.Parameter(torch.rand(6, 4))",
        "return torch.einsum('bchw,dc->bdhw', x, self.a)",
        MAP,
    ),
    "attention by einsum": (
        "self.qkv = nn.Linear(4, 12); self.out = nn.Linear(4, 4)",
        "x = x.flatten(2).transpose(1, 2)\n"
        "q, k, v = self.qkv(x).reshape(-1, 90, 3, 2, 2).permute(2, 0, 3, 1, 4)\n"
        "a = (torch.einsum('bhid,bhjd->bhij', q, k) * 2**-0.5).softmax(-1)\n"
        "y = torch.einsum('b h i j, b h j d -> b h i d', a, v).transpose(1, 2).reshape(-1, 90, 4)\n"
        "return self.out(y)",
        MAP,
    ),
    "a token that is expanded first": (
        "self.a = nn.Parameter(torch.rand(4)); self.b = nn.Linear(4, 3)",
        "x = x.flatten(2).transpose(1, 2)\n"
        "return self.b(torch.cat([self.a.expand(x.size(0), -1).unsqueeze(1), x], 1))",
        MAP,
    ),
    "a buffer": ("self.register_buffer('a', torch.rand(1, 4, 9, 10))", "return x * self.a", MAP),
    "upsampling of an odd size": ("pass", "return F.interpolate(x, size=(13, 17), mode='nearest')", MAP),
    "sizes that are repeated": (
        "pass",
        "return torch.maximum(x - x.mean(2, True) + x.amax(1, True) * x, x.amin(1, True))",
        MAP,
    ),
    "padding": ("pass", "return F.pad(F.pad(x, (1, 2, 3, 4), mode='reflect'), (0, 1, 2, 0))", MAP),
    "padding of channels": ("pass", "return F.pad(x, (0, 0, 0, 0, 0, 3))", MAP),
    "cropping": ("pass", "return F.pad(x, (-1, -2, -3, 0))", MAP),
    "order of concat": ("pass", "return torch.cat([x.relu(), x], 2)", MAP),
    "order of a difference": ("pass", "return x.relu() - x * 3", MAP),
    "parts": ("pass", "a, b = x.split((1, 3), 1)\nreturn b[:, :, 2:5] * a[..., 2:5, 1:2]", MAP),
    "an element": ("pass", "return x[:, 1:3].select(3, 4) + x.narrow(1, 2, 2)[:, :, :, 0]", MAP),
    "stride of indices": ("pass", "return x[:, :, 1::2, ::3]", MAP),
    "permute": ("pass", "return x.permute(0, 2, 3, 1).flatten(1, 2).transpose(1, 2).relu()", MAP),
}


@pytest.mark.parametrize("name", CASES)
def test_options_have_the_outputs_of_pytorch(name: str) -> None:
    init, forward, dims = CASES[name]
    module = module_of(init, forward)
    network = network_of(module, {"input": dims}, "net")
    assert difference(module, network, load(converted(network, flat=True).text)) <= 1e-4


UNDECIDED = {
    **{
        f"{kind}: align": "import never crops"
        for kind in ("add", "subtract", "mul", "maximum", "minimum", "average")
    },
    "average: broadcast": "import writes it for sums of equal sizes",
    "constant: value": "the value is a tensor of the module",
    "conv_transpose: sizes": "import never has the sizes of Keras",
    "dropout: rate": "it does nothing at inference",
    "lppool: fit": "import refuses windows beyond the border",
    "reduce: over": "the order of axes means nothing, and others have other shapes",
}
"""Options that no case decides, and why."""


def test_every_option_is_decided_by_a_case() -> None:
    options: set[str] = set()
    found: set[str] = set()
    for init, forward, dims in (*OPERATIONS.values(), *CASES.values()):
        module = module_of(init, forward)
        network = network_of(module, {"input": dims}, "net")
        for fault, wrong in faults(network):
            options.add(fault)
            if fault not in found and is_found(module, wrong):
                found.add(fault)
    assert options - found == UNDECIDED.keys()


def is_found(module: Module, network: ModelGraph) -> bool:
    """Whether verification refuses a network, or its outputs are not those of the module."""
    if is_refused(network):
        return True
    return difference(module, network, load(converted(network, flat=True).text)) > 1e-4


def is_refused(network: ModelGraph) -> bool:
    """Whether a network does not pass the verification of an import."""
    try:
        converted(network, flat=True)
    except (ForeignError, LayerError):
        return True
    return False


def faults(network: ModelGraph) -> Iterator[tuple[str, ModelGraph]]:
    """A network with one option of one layer changed, or with what a layer reads exchanged."""
    for at, step in enumerate(network.steps):
        for name in type(step.layer).__struct_fields__:
            for value in others(step.layer, name):
                try:
                    layer = structs.replace(step.layer, **{name: value})
                except (LayerError, TypeError, ValueError):
                    continue
                changed = structs.replace(step, layer=layer)
                steps = (*network.steps[:at], changed, *network.steps[at + 1 :])
                yield f"{layer.kind}: {name}", structs.replace(network, steps=steps)
        is_ordered = isinstance(step.layer, Merge) and not step.layer.is_commutative
        if is_ordered and len({*step.inputs}) > 1:
            changed = structs.replace(step, inputs=step.inputs[::-1])
            steps = (*network.steps[:at], changed, *network.steps[at + 1 :])
            yield f"{step.layer.kind}: order of its inputs", structs.replace(network, steps=steps)


def others(layer: Layer, name: str) -> Iterator[object]:
    """Other values of an option."""
    value: object = getattr(layer, name)
    hint = get_type_hints(type(layer))[name]
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, float):
        yield value * 2 + 0.1
    elif isinstance(value, tuple):
        yield value[::-1]
    elif get_origin(hint) is Literal:
        yield from (each for each in get_args(hint) if each != value)
