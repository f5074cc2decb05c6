"""What is refused in the words of PyTorch: with the operator, its place and the number of uses."""

import pytest

from cnncalc import SpecError, analyze, from_torch
from tests.interchange.test_pytorch_layers import module_of
from tests.with_torch import torch

pytestmark = pytest.mark.crosscheck

CONV = "self.conv = nn.Conv2d(3, 4, 3, padding=1)"
ATTENTION = f"{CONV}; self.mix = nn.MultiheadAttention(4, 2, batch_first=True)"

REFUSED = {
    "a factor that is the number of samples": (
        CONV,
        "return self.conv(x) * x.shape[0]",
        "with 3 samples instead of 2, the model is another network: rescale with factor 3.0 instead of 2.0",
    ),
    "a number that is the number of samples": (
        f"{CONV}; self.fc = nn.Linear(4, 2)",
        "return self.fc(self.conv(x).mean((2, 3)).view(2, 4))",
        r"with 3 samples instead of 2: the module does not run .* shape '\[2, 4\]' is invalid",
    ),
    "a part as long as the batch": (
        CONV,
        "return self.conv(x)[:, :, len(x):]",
        r"with 3 samples instead of 2, the model is another network: select with index \(3, 8\)",
    ),
    "a layer for batches of two": (
        CONV,
        "x = self.conv(x)\nreturn x.relu() if x.size(0) == 2 else x",
        "its number of layers is 1 instead of 2",
    ),
    "a layer for a single sample": (
        CONV,
        "x = self.conv(x)\nreturn x.relu() if x.size(0) == 1 else x",
        "with 1 sample instead of 2, the model computes relu instead of nothing, first in the network itself",
    ),
    "other weights for a single sample": (
        f"{CONV}; self.other = nn.Conv2d(3, 4, 3, padding=1)",
        "return self.conv(x) if len(x) > 1 else self.other(x)",
        r"with 1 sample instead of 2, the model computes another conv2d, first in other \(Conv2d\)",
    ),
    "a way through NumPy": (
        CONV,
        "return torch.from_numpy(self.conv(x).detach().numpy() * 2)",
        r"no tensor that depends on its input; numpy\(\) in Net leaves PyTorch",
    ),
    "an input that went through NumPy": (
        CONV,
        "return self.conv(torch.from_numpy(x.numpy() * 2))",
        r"do not depend on the network's input, first conv2d in conv \(Conv2d\); numpy\(\) in Net leaves",
    ),
    "the larger of a tensor and a constant": (
        CONV,
        "return torch.max(self.conv(x), torch.zeros(1))",
        "no kind of layer for maximum of a tensor and a constant tensor: 1 use",
    ),
    "a random number of Python": (
        CONV,
        "import random\nreturn self.conv(x) * random.random()",
        "the model is another network: rescale with factor",
    ),
    "dropout at inference": (
        CONV,
        "return F.dropout(self.conv(x))",
        "no kind of layer for dropout that drops at inference, too, without training=self.training: 1 use",
    ),
    "random noise": (CONV, "return self.conv(x) + torch.randn_like(x[:, :1])", "layer for randn_like: 1 use"),
    "moved positions": (
        CONV,
        "return torch.cat([self.conv(x).roll(1, 2), self.conv(x).roll(1, 2)], 1)",
        "no kind of layer for roll before cat: 1 use, first in the network itself",
    ),
    "moved positions as the output": (
        CONV,
        "return torch.roll(self.conv(x), 1, 2)",
        "no kind of layer for roll before the output: 1 use, first in the network itself",
    ),
    "the weights of attention": (
        ATTENTION,
        "x = self.conv(x).flatten(2).transpose(1, 2)\nreturn self.mix(x, x, x)",
        r"no kind of layer for result 2 of multi_head_attention_forward: 1 use, first in mix \(Multihead",
    ),
    "windows beyond the border": (
        CONV,
        "return F.lp_pool2d(self.conv(x), 2, 3, ceil_mode=True)",
        "no kind of layer for lp_pool2d with windows beyond the border",
    ),
    "a dense layer across samples": (
        f"{CONV}; self.fc = nn.Linear(2, 2)",
        "return self.fc(self.conv(x).mean((1, 2, 3)))",
        r"no kind of layer for linear that computes across samples: 1 use, first in fc \(Linear\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_operator_is_named(name: str) -> None:
    init, forward, message = REFUSED[name]
    with pytest.raises(SpecError, match=message):
        from_torch(module_of(init, forward), "3x8x8")


COMPUTED = {
    "spectral norm": (
        "self.conv = torch.nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3))",
        r"parametrize.remove_parametrizations\(model.conv, 'weight'\)` makes it a plain weight",
    ),
    "weight norm": (
        "self.conv = torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3))",
        r"parametrize.remove_parametrizations\(model.conv, 'weight'\)` makes it a plain weight; or `cnncalc",
    ),
    "older spectral norm": (
        "self.conv = torch.nn.utils.spectral_norm(nn.Conv2d(3, 4, 3))",
        r"`torch.nn.utils.remove_spectral_norm\(model.conv, 'weight'\)` makes",
    ),
    "in several modules": (
        "norm = torch.nn.utils.parametrizations.weight_norm\n"
        "self.conv = nn.Sequential(norm(nn.Conv2d(3, 4, 3)), norm(nn.Conv2d(4, 4, 3)))",
        r"\(model.conv\[0\], 'weight'\)` makes it a plain weight, likewise for 1 more",
    ),
}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("name", COMPUTED)
def test_how_to_store_a_computed_weight_is_said(name: str) -> None:
    init, hint = COMPUTED[name]
    with pytest.raises(SpecError, match=hint):
        from_torch(module_of(init, "return self.conv(x)"), "3x8x8")


def test_a_stored_weight_is_imported() -> None:
    module = module_of(COMPUTED["spectral norm"][0], "return self.conv(x)")
    torch.nn.utils.parametrize.remove_parametrizations(module.conv, "weight")
    assert analyze(from_torch(module, "3x8x8")).totals.params.total == 112


ONE_NUMBER = {
    "a sum": "return self.conv(x).abs().mean((2, 3)).sum(1)",
    "a mean of everything": "return self.conv(x).mean((1, 2, 3))",
    "squeezed": "return self.fc(self.conv(x).mean((2, 3))).squeeze().sigmoid()",
    "an index": "return self.fc(self.conv(x).mean((2, 3)))[:, 0] * 2 + 1",
    "a sum of two": "return self.fc(self.conv(x).mean((2, 3))).squeeze(1) + self.conv(x).amax((1, 2, 3))",
    "a parameter": "return self.conv(x).mean((1, 2, 3)) + self.offset",
}


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_one_number_for_each_sample_is_one_channel(name: str) -> None:
    forward = ONE_NUMBER[name]
    parts = {"fc": "nn.Linear(4, 1)", "offset": "nn.Parameter(torch.ones(1))"}
    used = [f"self.{part} = {code}" for part, code in parts.items() if part in forward]
    report = analyze(from_torch(module_of("; ".join([CONV, *used]), forward), "3x8x8"))
    assert report.output.output.dims() == (1,)


def test_code_may_reshape_a_single_sample() -> None:
    forward = (
        "b = x.shape[0]\nx = self.conv(x).mean((2, 3)).squeeze()\nreturn x if x.dim() > 1 else x.unsqueeze(0)"
    )
    assert analyze(from_torch(module_of(CONV, forward), "3x8x8")).output.output.dims() == (4,)


def test_sizes_that_do_not_depend_on_the_batch_are_no_reason() -> None:
    forward = "x = self.conv(x)\nreturn x.view(x.shape[0], 2, x.size(1) // 2, -1).flatten(1) * x.shape[1]"
    from_torch(module_of(CONV, forward), "3x8x8")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("compiled", ["script", "trace"])
def test_torchscript_is_named(compiled: str) -> None:
    module = torch.nn.Conv2d(3, 4, 3)
    made = (
        torch.jit.script(module) if compiled == "script" else torch.jit.trace(module, torch.zeros(1, 3, 8, 8))
    )
    with pytest.raises(SpecError, match="1 is a TorchScript module, whose calls cannot be followed"):
        from_torch(torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1), made), "3x8x8")


BUFFERS = {
    "conv2d": (
        "self.w = nn.Parameter(torch.rand(4, 3, 3, 3))",
        "return F.conv2d(x, self.w, self.b)",
        "bias is",
    ),
    "group_norm": (
        "self.w = nn.Parameter(torch.rand(3))",
        "return F.group_norm(x, 1, self.b[:3], self.w)",
        "",
    ),
    "batch_norm": (
        "self.w = nn.Parameter(torch.rand(3)); self.c = nn.BatchNorm2d(3)",
        "return F.batch_norm(x, self.w, self.c.running_var, self.c.weight, self.c.bias)",
        "running_mean is a parameter",
    ),
}


@pytest.mark.parametrize("name", BUFFERS)
def test_a_parameter_is_no_buffer(name: str) -> None:
    init, forward, role = BUFFERS[name]
    module = module_of(f"{init}; self.register_buffer('b', torch.rand(4))", forward)
    with pytest.raises(SpecError, match=f"{name} whose {role}"):
        from_torch(module, "3x8x8")
