"""`check --against`: a spec and a model in code, with differences that are planted one by one."""

from pathlib import Path

import pytest

from cnncalc import analyze, from_torch, load
from cnncalc.checks.against import compared
from cnncalc.testing import assert_matches
from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - fixtures
from tests.with_torch import nn, torch

pytestmark = pytest.mark.crosscheck

SPEC = """cnncalc: 1
input: [4, 16, 16]
layers:
  - {conv: 8, kernel: 3, padding: 1, norm: batch, act: relu, name: stem}
  - {maxpool: 2}
  - {conv: 8, kernel: 3, padding: half, name: second}
  - relu
  - {add: [maxpool1, prev]}
  - {avgpool: 2, name: pool}
  - {dropout: 0.5}
  - {dense: 10, name: fc, when: false}
  - global_avgpool
  - {dense: 10, name: head}
"""

MODEL = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(4, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.act = nn.ReLU()
        self.second = nn.Conv2d(8, 8, 3, padding=1)
        self.pool = nn.AvgPool2d(2)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(8, 10)

    def forward(self, x):
        x = nn.functional.max_pool2d(self.act(self.norm(self.stem(x))), 2)
        x = x + self.act(self.second(x))
        x = self.drop(self.pool(x))
        return self.head(x.mean([2, 3]))
"""

PLANTED = {
    "stride": ("nn.AvgPool2d(2)", "nn.AvgPool2d(2, 1)", "stride of pool is 2; in the model it is 1"),
    "kernel": ("nn.AvgPool2d(2)", "nn.AvgPool2d(4, 2)", "kernel of pool is 2; in the model it is 4"),
    "padding": ("4, 8, 3, padding=1", "4, 8, 3, padding=2", "padding of stem is 1; in the model it is 2"),
    "dilation": ("8, 8, 3, padding=1", "8, 8, 3, padding=2, dilation=2", "dilation of second is 1"),
    "bias": (
        "4, 8, 3, padding=1",
        "4, 8, 3, padding=1, bias=False",
        "bias of stem is true; in the model it is false",
    ),
    "groups": (
        "8, 8, 3, padding=1",
        "8, 8, 3, padding=1, groups=2",
        "groups of second is 1; in the model it is 2",
    ),
    "depthwise": (
        "8, 8, 3, padding=1",
        "8, 8, 3, padding=1, groups=8",
        "kind of second is conv; in the model it is depthwise",
    ),
    "units": ("nn.Linear(8, 10)", "nn.Linear(8, 12)", "units of head is 10; in the model it is 12"),
    "no bias": (
        "nn.Linear(8, 10)",
        "nn.Linear(8, 10, bias=False)",
        "bias of head is true; in the model it is false",
    ),
    "activation": ("self.act(self.second(x))", "torch.sigmoid(self.second(x))", "sigmoid"),
    "missing activation": ("self.act(self.second(x))", "self.second(x)", "the model has no layer for relu1"),
    "missing norm": ("nn.BatchNorm2d(8)", "nn.Identity()", "the model has no layer for stem.norm"),
    "another layer": (
        "self.drop(self.pool(x))",
        "self.drop(torch.tanh(self.pool(x)))",
        "the model has another layer here: tanh",
    ),
    "missing layer": ("self.drop(self.pool(x))", "self.pool(x)", "the model has no layer for dropout1"),
    "rate": ("nn.Dropout(0.5)", "nn.Dropout(0.25)", "rate of dropout1 is 0.5; in the model it is 0.25"),
    "order": ("self.drop(self.pool(x))", "self.pool(self.drop(x))", "dropout"),
    "pooling": ("max_pool2d(", "avg_pool2d(", "kind of maxpool1 is maxpool; in the model it is avgpool"),
    "rounding": (
        "nn.AvgPool2d(2)",
        "nn.AvgPool2d(2, ceil_mode=True)",
        "fit of pool is floor; in the model it is ceil",
    ),
    "no residual": ("x = x + self.act", "x = self.act", "the model has no layer for add"),
    "eps": (
        "nn.BatchNorm2d(8)",
        "nn.BatchNorm2d(8, eps=1e-3)",
        "eps of stem.norm is 1e-05; in the model it is 0.001",
    ),
    "frozen": (
        "        self.norm =",
        "        self.stem.requires_grad_(False)\n        self.norm =",
        "frozen of stem is false; in the model it is true",
    ),
    "shared": (
        "self.act(self.second(x))",
        "self.act(self.second(self.second(x)))",
        "the model has another layer here: conv",
    ),
}


def model_of(text: str) -> object:
    names: dict[str, object] = {}
    exec(text, names)
    made = names["Net"]
    assert callable(made)
    return made()


def test_the_spec_is_that_of_the_model() -> None:
    assert_matches(SPEC, model_of(MODEL))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_is_named(name: str) -> None:
    old, new, said = PLANTED[name]
    assert MODEL.count(old) == 1
    spec = load(SPEC)
    model = from_torch(model_of(MODEL.replace(old, new)), "4x16x16")
    messages = [problem.message for problem in compared(spec, analyze(spec), model)]
    assert any(said in message for message in messages), messages


def test_the_message_is_the_difference_layer_by_layer() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_matches(SPEC, model_of(MODEL.replace("nn.Linear(8, 10)", "nn.Linear(8, 12)")))
    assert str(caught.value).splitlines()[1].startswith("  <text>:13:")
    assert "units of head is 10; in the model it is 12" in str(caught.value)


def test_the_check_fails_with_findings_at_their_places(cnncalc: Run, folder: Path) -> None:  # noqa: F811
    (folder / "net.yaml").write_text(SPEC)
    (folder / "model_of_a_test.py").write_text(MODEL)
    assert cnncalc("check", "net.yaml", "--against", "model_of_a_test:Net").code == 0
    (folder / "other_of_a_test.py").write_text(MODEL.replace("4, 8, 3, padding=1", "4, 8, 5, padding=2"))
    done = cnncalc("check", "net.yaml", "--against", "other_of_a_test:Net", "--format", "concise")
    assert done.code == 1
    assert "net.yaml:4:" in done.out
    assert "kernel of stem is 3; in the model it is 5" in done.out
    assert cnncalc("check", "net.yaml", "--against", "no_such_module:Net").code == 2


def test_a_sequence_of_pytorch_is_a_spec_too() -> None:
    assert_matches(
        {"cnncalc": 1, "input": [3, 8, 8], "layers": [{"conv": 4, "kernel": 3}, "flatten", {"dense": 2}]},
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(144, 2)),
    )


SEPARATED = """
from torch import nn
from torch.nn import functional


class Padded(nn.Conv2d):
    def forward(self, x):
        return super().forward(functional.pad(x, (0, 1, 0, 1)))


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.depthwise = nn.Conv2d(4, 4, 3, padding=1, groups=4, bias=False)
        self.pointwise = nn.Conv2d(4, 8, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(Padded(4, 4, 3, stride=2), Pair())
"""
"""A module that pads its input, and one of two convolutions, which a spec can have as one layer each."""

WAYS = {
    "as layers": (
        "{conv: 4, kernel: 3, stride: 2, padding: [[0, 1], [0, 1]]}, {separable: 8, kernel: 3, padding: 1}"
    ),
    "as parts": (
        "{pad: [[0, 1], [0, 1]]}, {conv: 4, kernel: 3, stride: 2}, "
        "{depthwise: 3, padding: 1, bias: false}, {conv: 8, kernel: 1}"
    ),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_spec_may_have_the_parts_of_a_module_or_the_whole(way: str) -> None:
    text = f"cnncalc: 1\ninput: [4, 16, 16]\nlayers: [{WAYS[way]}]\n"
    scope: dict[str, type] = {}
    exec(SEPARATED, scope)
    assert_matches(text, scope["Net"]())
    with pytest.raises(AssertionError, match=r"stride of .* is 1; in the model it is 2"):
        assert_matches(text.replace("stride: 2", "stride: 1"), scope["Net"]())


def messages(spec: str, module: object, shape: str) -> list[str]:
    expected = load(spec)
    return [problem.message for problem in compared(expected, analyze(expected), from_torch(module, shape))]


TWO_CONVS = """cnncalc: 1
input: [4, 16, 16]
layers:
  - {conv: 8, kernel: 3, padding: 1, stride: 2, name: stem}
  - {conv: 8, kernel: 3, padding: same, name: body}
  - relu
  - global_avgpool
  - {dropout: 0.5}
  - {dense: 10, name: head}
"""


def test_what_follows_from_a_difference_is_not_repeated() -> None:
    """Another stride changes all sizes after it, and what `same` is called in numbers."""

    def model(stride: int) -> object:
        return _two_convs(nn.Conv2d(4, 8, 3, stride, 1))

    assert messages(TWO_CONVS, model(2), "4x16x16") == []  # the model flattens before the dropout
    assert messages(TWO_CONVS, model(1), "4x16x16") == ["stride of stem is 2; in the model it is 1 (conv1)"]


def test_a_padding_that_is_another_one_is_named() -> None:
    assert messages(TWO_CONVS, _two_convs(nn.Conv2d(4, 8, 5, 2, 2)), "4x16x16") == [
        "kernel of stem is 3; in the model it is 5 (conv1)",
        "padding of stem is 1; in the model it is half (conv1)",
    ]


def _two_convs(stem: object) -> object:
    middle = nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()
    return nn.Sequential(stem, *middle, nn.Dropout(0.5), nn.Linear(8, 10))


TOWERS = """cnncalc: 1
inputs: {left: [4, 8, 8], right: [4, 8, 8]}
layers:
  - {conv: 8, kernel: 3, from: left, name: one}
  - {maxpool: 2, name: small}
  - {conv: 8, kernel: 3, from: right, name: two}
  - {avgpool: 2, name: other}
  - {concat: [small, other]}
"""


def test_the_order_in_which_branches_are_computed_is_no_difference() -> None:
    class Towers(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(4, 8, 3), nn.Conv2d(4, 8, 3)
            self.small, self.other = nn.MaxPool2d(2), nn.AvgPool2d(2)

        def forward(self, left: object, right: object) -> object:
            two, one = self.two(right), self.one(left)
            other, small = self.other(two), self.small(one)
            return torch.cat([small, other], 1)

    assert_matches(TOWERS, Towers())
    with pytest.raises(AssertionError, match="concat reads other, small"):
        assert_matches(TOWERS.replace("[small, other]", "[other, small]"), Towers())


def test_a_class_is_no_module() -> None:
    with pytest.raises(TypeError, match=r"found a class; create the module: ReLU\(…\)"):
        assert_matches(SPEC, nn.ReLU)
