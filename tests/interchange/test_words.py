"""Models that look up vectors for whole numbers: their inputs, numbers and outputs are those of PyTorch."""

from typing import Any

import numpy as np
import pytest

from cnncalc import SpecError, from_torch, run, to_pytorch
from cnncalc.executor.io.inputs import noises
from cnncalc.testing import assert_matches
from tests.executor.agreement import cast, nontrivial
from tests.interchange.exported import given_weights, module_of
from tests.with_torch import Module, torch

pytestmark = pytest.mark.crosscheck

SOURCE = """
import torch
from torch import nn
from torch.nn import functional as F


class Sentences(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(500, 12, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv2d(1, 4, (k, 12)) for k in (3, 4)])
        self.fc = nn.Linear(8, 3)

    def forward(self, x):
        x = self.embedding(x).unsqueeze(1)
        x = [F.relu(conv(x)).squeeze(3) for conv in self.convs]
        x = [F.max_pool1d(each, each.size(2)).squeeze(2) for each in x]
        return self.fc(torch.cat(x, 1))


class Signal(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.few = nn.Embedding(100, 8), nn.Embedding(20, 8)
        self.conv = nn.Conv1d(8, 4, 3)

    def forward(self, words):
        return self.conv((self.words(words) + self.few(words)).transpose(1, 2)).amax(2)


class Captions(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.image = nn.Embedding(30, 8), nn.Conv2d(3, 8, 4, 4)

    def forward(self, image, words):
        return self.image(image).mean((2, 3)) * self.words(words).mean(1)


class Rounded(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x.long().float())


class Moved(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(30, 8)

    def forward(self, x):
        return self.words(x.long() + 30)


class Computed(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.other = nn.Embedding(30, 8), nn.Embedding(30, 8)

    def forward(self, x):
        return self.other(self.words(x).argmax(-1))
"""


def made(name: str) -> Module:
    scope: dict[str, Any] = {}
    exec(SOURCE, scope)
    module: Module = scope[name]().eval()
    return module


INPUTS = {"Sentences": {"x": "9"}, "Signal": {"words": "1x9"}, "Captions": {"image": "3x8x8", "words": "9"}}


@pytest.mark.parametrize("name", INPUTS)
def test_a_model_of_words_gives_the_executor_s_outputs(name: str) -> None:
    module, shapes = made(name), INPUTS[name]
    spec = from_torch(module, shapes if len(shapes) > 1 else next(iter(shapes.values())))
    weights = cast(nontrivial(spec.graph, 4), "float32")
    given_weights(module, spec.graph, weights)
    x = noises(spec.graph, 2, 1)
    given = [each if each.shape[1] > 1 else each[:, 0].astype(int) for each in x.values()]
    with torch.inference_mode():
        theirs = module(*map(torch.from_numpy, given)).numpy()
    (mine,) = run(spec, x, weights).outputs.values()
    assert np.abs(theirs - mine.reshape(theirs.shape)).max() <= 1e-4 * np.abs(mine).max()


def test_an_input_takes_the_numbers_that_all_tables_have() -> None:
    spec = from_torch(made("Signal"), "9")
    assert [node.shape.dims() for node in spec.graph.inputs] == [(1, 9)]
    assert noises(spec.graph, 50, 1)["input"].max() == 19


def test_the_source_of_a_model_of_words_is_that_model() -> None:
    spec = from_torch(made("Sentences"), "9")
    assert_matches(spec, made("Sentences"))
    assert_matches(spec, module_of(to_pytorch(spec)))


REFUSED = {
    "Rounded": ("4", "no kind of layer for long"),
    "Moved": ("9", "the input input has to be whole numbers from 0 to 29"),
    "Computed": ("9", "no kind of layer for argmax"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_other_numbers_are_refused(name: str) -> None:
    shape, message = REFUSED[name]
    with pytest.raises(SpecError, match=message):
        from_torch(made(name), shape)
