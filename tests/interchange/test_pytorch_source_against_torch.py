"""Source runs in PyTorch: the same parameters, and with the same weights the same outputs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnncalc import SpecError, load, run, to_pytorch
from cnncalc.executor.io.inputs import noises
from cnncalc.graph import Graph
from cnncalc.interchange.pytorch_source.helpers import HELPERS
from cnncalc.interchange.pytorch_source.identifiers import attribute, key
from cnncalc.interchange.pytorch_source.rules import MODULES
from cnncalc.interchange.pytorch_source.source import ModuleSource
from tests.conftest import examples
from tests.executor.agreement import cast, nontrivial, ours, single
from tests.executor.random_graphs import graphs
from tests.executor.random_layers import LAYERS
from tests.executor.test_verify import small
from tests.interchange.exported import given_weights, module_of, outputs_of
from tests.with_torch import nn, torch

pytestmark = [
    pytest.mark.crosscheck,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths:UserWarning"),
]


NETWORKS = (
    "lenet5", "googlenet_torchvision", "mobilenet_v3_small", "resnet18", "xception", "yolov3_tiny",
    "shufflenet_v2_x1_0", "densenet121", "tcn", "conv_tasnet", "eegnet_8_2",
)  # fmt: skip
"""Auxiliary heads, gates, skips, several outputs, shared weights, 1-D."""

CROPS = """cnncalc: 1
name: crops
input: [3, 9, 9]
blocks:
  up:
    inputs: [skip]
    layers:
      - {conv_transpose: 4, kernel: 2, stride: 2}
      - {concat: [skip, prev], align: crop}
layers:
  - {conv: 4, kernel: 3, name: wide}
  - {maxpool: 2, name: pool}
  - {conv: 4, kernel: 2, name: deep}
  - {use: up, skip: wide, name: up}
  - {conv: 2, kernel: 1, name: end}
"""


@pytest.mark.parametrize("name", [*NETWORKS, "crops"])
def test_a_network_gives_the_executor_s_outputs(name: str) -> None:
    spec = load(CROPS) if name == "crops" else small(name)
    graph, weights = spec.graph, cast(nontrivial(spec.graph, 4), "float32")
    module = module_of(to_pytorch(spec))
    assert given_weights(module, graph, weights) == 0 or name == "conv_tasnet"
    x = noises(graph, 2, 1)
    for theirs, mine in zip(
        outputs_of(module, graph, x), run(spec, x, weights).outputs.values(), strict=True
    ):
        assert theirs.shape == mine.shape
        assert np.abs(theirs - mine).max() <= 1e-4 * np.abs(mine).max()


def test_heads_run_in_training_and_frozen_layers_have_no_gradient() -> None:
    source = to_pytorch(load("googlenet_torchvision", input="3x64x64"))
    module = module_of(source).train()
    outputs = module(torch.zeros(2, 3, 64, 64))
    assert [tuple(each.shape) for each in outputs] == [(2, 1000)] * 3
    frozen = "{conv: 4, kernel: 3, norm: batch, freeze: true}"
    text = f"cnncalc: 1\ninput: [3, 8, 8]\nlayers:\n  - {frozen}\n  - {{conv: 2, kernel: 3}}\n"
    learned = {name: each.requires_grad for name, each in module_of(to_pytorch(text)).named_parameters()}
    assert {name for name, is_learned in learned.items() if is_learned} == {"conv2.weight", "conv2.bias"}


@pytest.mark.parametrize("name", LAYERS)
@settings(
    max_examples=examples(12, least=3), derandomize=True, suppress_health_check=[*HealthCheck], deadline=None
)
@given(data=st.data())
def test_a_random_layer_gives_the_executor_s_output_or_is_refused(name: str, data: st.DataObject) -> None:
    layer, x = data.draw(LAYERS[name])
    if type(layer) in MODULES:
        agrees(single(layer, x))


@settings(max_examples=examples(40), derandomize=True, suppress_health_check=[*HealthCheck], deadline=None)
@given(graph=graphs())
def test_a_random_graph_gives_the_executor_s_output_or_is_refused(graph: Graph) -> None:
    agrees(graph)


def agrees(graph: Graph) -> None:
    try:
        source = ModuleSource(graph, "net").text()
    except SpecError:
        return
    weights = cast(nontrivial(graph, 4), "float32")
    module = module_of(source)
    given_weights(module, graph, weights)
    x = noises(graph, 2, 1)["input"].astype("float32")
    with torch.inference_mode():
        theirs = module(torch.from_numpy(x)).numpy()
    mine = [*ours(graph, weights, x).values()][graph.output]
    assert theirs.shape == mine.shape
    assert np.abs(theirs - mine).max() <= 1e-4 * max(np.abs(mine).max(), 1e-3)


def test_helpers_are_formatted_and_pass_ruff(tmp_path: Path) -> None:
    head = "import math\n\nimport torch\nfrom torch import nn\nfrom torch.nn import functional\n\n\n"
    (tmp_path / "helpers.py").write_text(head + "\n\n".join(HELPERS.values()), encoding="utf-8")
    passes_ruff(tmp_path)


def passes_ruff(folder: Path) -> None:
    for check in ("check", "format --check --diff"):
        command = [sys.executable, "-m", "ruff", *check.split(), "--isolated", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_names_of_modules_are_no_attributes_of_theirs() -> None:
    for container in (nn.Module(), nn.ModuleDict(), nn.Sequential()):
        assert [name for name in dir(container) if hasattr(container, attribute(name))] == []
        assert [name for name in dir(container) if hasattr(container, key(name))] == []


MIXED = """cnncalc: 1
name: nn
inputs: {self: [4, 8, 8], torch: [4, 8, 8]}
blocks:
  gate:
    inputs: [functional]
    layers:
      - {parameter: [4, 1, 1], name: class, aside: true, freeze: true}
      - {conv: 4, kernel: 1, name: forward}
      - {mul: [prev, class, functional], broadcast: true}
layers:
  - {add: [self, torch], name: sum}
  - {use: gate, functional: torch, name: one}
  - {use: gate, functional: sum, name: second, share: one}
  - {maxpool: 2, name: pool}
  - {conv: 4, kernel: 1, norm: batch, act: relu, name: range}
  - {max_unpool: [prev, second], kernel: 2}
  - {cross_attention: [prev, torch], heads: 2, key: 3, out: 5, name: super}
  - {attention: 1, window: 4, shift: 2, relative: true, key: 2, value: 3, bias: false}
  - {conv: 3, kernel: 3, padding: same, stride: 2, name: x}
  - {flatten: , from: super}
  - {dense: 2, name: y}
  - {locally_connected: 2, kernel: 3, stride: 2, from: pool, name: z}
outputs: {import: x, y: y, lambda: z}
"""


def test_hostile_names_shared_blocks_and_several_outputs_give_the_executor_s_outputs() -> None:
    spec = load(MIXED)
    weights = cast(nontrivial(spec.graph, 4), "float32")
    module = module_of(to_pytorch(spec))
    given_weights(module, spec.graph, weights)
    x = noises(spec.graph, 2, 1)
    mine = run(spec, x, weights).outputs
    assert len(mine) == 3
    for theirs, right in zip(outputs_of(module, spec.graph, x), mine.values(), strict=True):
        assert np.abs(theirs - right).max() <= 1e-4 * np.abs(right).max()
    frozen = {name for name, each in module.named_parameters() if not each.requires_grad}
    assert frozen == {"one.class_"}


LOOPS = """cnncalc: 1
name: loops
input: [4, 8, 8]
blocks:
  unit:
    layers:
      - {conv: 4, kernel: 1, act: relu, name: skip}
      - {conv: 4, kernel: 3, padding: 1}
      - {add: [input, prev]}
layers:
  - {conv: 4, kernel: 1, name: stem}
  - {use: unit, repeat: 4, name: stack}
  - {add: [stem, stack.0.skip, stack.1.skip, stack.2.skip, stack.3.skip], name: one}
  - {conv: 4, kernel: 3, padding: 1, act: relu, repeat: 3, name: body}
  - {concat: [stem, body.*], name: two}
  - {use: unit, repeat: 3, name: tail, from: stem}
  - {add: [tail.0.skip, tail.1.skip, tail.2.skip], name: three}
outputs: [one, two, three]
"""


def test_a_repeat_whose_results_are_merged_is_a_loop() -> None:
    spec = load(LOOPS)
    source = to_pytorch(spec)
    assert source.count("for layer in self.tail:") == 1, "what the last one passes on is dropped"
    assert source.count("for layer in self.body:") == 1
    weights = cast(nontrivial(spec.graph, 4), "float32")
    module = module_of(source)
    assert given_weights(module, spec.graph, weights) == 0
    x = noises(spec.graph, 2, 1)
    mine = run(spec, x, weights).outputs.values()
    for theirs, right in zip(outputs_of(module, spec.graph, x), mine, strict=True):
        assert np.abs(theirs - right).max() <= 1e-4 * np.abs(right).max()
