"""How outputs and parameters of blocks are written for modules of PyTorch."""

import pytest

from cnncalc import analyze, from_torch
from tests.interchange.test_pytorch_layers import module_of

pytestmark = pytest.mark.crosscheck


def test_one_tensor_may_be_several_outputs() -> None:
    module = module_of("self.conv = nn.Conv2d(3, 4, 3)", "y = self.conv(x)\nreturn y, {'again': y}, y")
    outputs = analyze(from_torch(module, "3x8x8")).outputs
    assert {name: row.name for name, row in outputs.items()} == dict.fromkeys(
        ("output1", "output2_again", "output3"), "conv1"
    )
    flat = analyze(from_torch(module, "3x8x8", flat=True)).outputs
    assert [*flat] == [*outputs]


@pytest.mark.parametrize("flat", [False, True])
def test_an_input_may_be_an_output(flat: bool) -> None:
    module = module_of("self.conv = nn.Conv2d(3, 4, 3)", "return x, self.conv(x)")
    outputs = analyze(from_torch(module, "3x8x8", flat=flat)).outputs.values()
    assert [(row.kind, row.inputs, row.output.dims()) for row in outputs] == [
        ("identity", ("input",), (3, 8, 8)),
        ("conv", ("input",), (4, 6, 6)),
    ]


def test_a_module_that_does_nothing_is_a_layer() -> None:
    assert [row.kind for row in analyze(from_torch(module_of("pass", "return x"), "3x8x8")).layers] == [
        "identity"
    ]


FORWARD = "return self.f(self.c(self.e(self.b(self.d(self.a(x))))))"


def test_a_reshape_has_the_channels_of_its_block() -> None:
    gate = "class Gate(nn.Module):\n    def __init__(self, width):\n        super().__init__()\n"
    gate += "        self.fc = nn.Linear(width, width)\n    def forward(self, x):\n"
    gate += "        y = self.fc(x.mean((2, 3)))\n        return x * y.view(*y.shape, 1, 1)\n"
    init = f"{gate}self.a, self.b, self.c = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 6, 3), nn.Conv2d(6, 8, 3)\n"
    module = module_of(f"{init}self.d, self.e, self.f = map(Gate, (4, 6, 8))", FORWARD)
    text = from_torch(module, "3x16x16").source.text
    assert "- {reshape: [input.channels, 1, 1]}" in text
    assert "params: [" not in text  # of the block
