"""PyTorch source: every kind has a rule or a reason, names are Python's, and what is lacking is reported."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cnncalc import SpecError, load, to_pytorch
from cnncalc.guide import page
from cnncalc.interchange.pytorch_source.helpers import HELPERS
from cnncalc.interchange.pytorch_source.rules import LACKING, MERGES, MODULES
from cnncalc.layers import BY_NAME, KINDS, Layer, example_of, options_of
from tests.conftest import bundled
from tests.executor.test_verify import SPECS

GOLDEN = Path(__file__).parent / "golden"


def test_every_kind_is_written_or_has_a_reason() -> None:
    tables = [*MODULES, *MERGES, *LACKING]
    assert sorted(kind.kind for kind in tables) == sorted(kind.kind for kind in KINDS), (
        "add the kind to MODULES, MERGES or LACKING in interchange/pytorch_source/rules"
    )


GEOMETRY = {"kernel", "stride", "padding", "dilation", "fit", "sizes", "output_padding"}
"""Options that rules read as the windows of the layer."""

SIZE = {"mode", "shape", "size", "scale", "per", "parts", "part", "axis", "index", "key", "value", "out"}
"""Options that rules read as shapes of outputs and weights, bounds of a part, or a method of upsampling."""


ONLY_WITH: dict[type[Layer], set[str]] = {
    BY_NAME["conv"]: {"eps", "standardize"},
    BY_NAME["attention"]: {"shift"},
}
"""Options that matter only with another one."""


class Recorder:
    """A layer that notes which of its options are read."""

    def __init__(self, layer: Layer) -> None:
        self.layer, self.read = layer, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.layer, name)


@pytest.mark.parametrize("kind", MODULES, ids=lambda kind: kind.kind)
def test_a_rule_reads_every_option_of_its_kind(kind: type[Layer]) -> None:
    """An option that a rule does not know would be lost in silence."""
    example = example_of(kind)
    text = f"cnncalc: 1\ninput: {list(example.input)}\nlayers: [{example.line}]\n"
    node = load(text).graph.layers[0]
    recorder = Recorder(node.layer)
    MODULES[kind](recorder, *node.reads)
    assert options_of(kind).keys() - recorder.read <= GEOMETRY | SIZE | ONLY_WITH.get(kind, set())


@pytest.mark.parametrize("kind", MERGES, ids=lambda kind: kind.kind)
def test_the_expression_of_a_merge_reads_every_option(kind: type[Layer]) -> None:
    """Those of the variables are `merged`; this only holds that no new option is forgotten."""
    assert options_of(kind).keys() <= {"align", "broadcast", "axis", "transpose_first", "transpose_second"}


def source_of(*lines: str, dims: str = "[4, 8, 8]", name: str = "net", more: str = "") -> str:
    layers = "".join(f"  - {line}\n" for line in lines)
    return to_pytorch(f"cnncalc: 1\nname: {name}\ninput: {dims}\n{more}layers:\n{layers}")


def attributes(source: str) -> list[str]:
    """The attributes of the last class, in order."""
    made = [each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)][-1]
    return [
        each.targets[0].attr
        for each in ast.walk(made.body[-2])
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Attribute)
    ]


NAMES = {
    "class": ["class_"],
    "forward": ["forward_"],
    "to": ["to_"],
    "a-b": ["a_b"],
    "größe": ["gr_e"],
    "_": ["layer"],
}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_those_of_attributes(name: str) -> None:
    assert attributes(source_of(f'{{relu: , name: "{name}"}}')) == NAMES[name]


def test_names_that_become_equal_are_told_apart() -> None:
    lines = [f'{{relu: , name: "{name}"}}' for name in ("a-b", "a_b", "a_b_2", "a--b")]
    assert attributes(source_of(*lines)) == ["a_b", "a_b_2", "a_b_2_2", "a_b_3"]


@pytest.mark.parametrize("name", ["class", "3 layers", '\'""" + x\'', "'\\'", "Add", "nn", "ー", "None"])
def test_any_name_of_a_network_is_a_class(name: str) -> None:
    source = source_of("{add: {a: [relu], b: []}}", name=name)
    made = [each.name for each in ast.parse(source).body if isinstance(each, ast.ClassDef)]
    assert made[0] == "Add"
    assert len(set(made)) == 2
    assert made[1].isidentifier()


def test_interleaved_names_are_no_modules() -> None:
    """`a.0` and `a.1` cannot be one module, as `b` stands between them."""
    source = source_of(*(f'{{relu: , name: "{name}"}}' for name in ("a.0", "b", "a.1")))
    assert attributes(source) == ["a_0", "b", "a_1"]


LACKING_TEXT = """cnncalc: 1
input: [4, 8, 8]
layers:
  - {conv: 4, kernel: 3}
  - {custom: [4, 8, 8], params: 0, macs: 10, name: other}
  - {shrink: 0.5, offset: 0.2}
"""


def test_every_layer_that_pytorch_lacks_is_reported_with_its_place() -> None:
    with pytest.raises(SpecError) as caught:
        to_pytorch(LACKING_TEXT)
    assert [(each.place.line, each.message) for each in caught.value.problems if each.place] == [
        (
            5,
            "other (custom) cannot be written in PyTorch: "
            "the spec declares its numbers, not what it computes",
        ),
        (
            6,
            "shrink1 (shrink) cannot be written in PyTorch: "
            "PyTorch has an offset of 0, or equal to the threshold",
        ),
    ]


BLOCKS = """cnncalc: 1
name: Blocks
input: [3, 16, 16]
defaults: {conv: {bias: false, padding: half, norm: batch, act: relu}}
blocks:
  residual:
    params: [width, stride=1]
    layers:
      - add:
          main:
            - {conv: width, kernel: 3, stride: stride}
            - {conv: width, kernel: 3, act: none}
          short:
            - {conv: width, kernel: 1, stride: stride, act: none, when: prev.channels != width}
      - relu
layers:
  - {conv: 8, kernel: 3, name: stem}
  - {use: residual, width: 8, repeat: 2, name: stage1}
  - {use: residual, width: 16, stride: 2, name: stage2}
  - {conv: 16, kernel: 3, name: skip}
  - concat: [stage2, prev]
  - global_avgpool
  - {dense: 10, name: fc, freeze: true}
"""


def test_the_source_of_blocks(golden: Any) -> None:
    golden(GOLDEN / "blocks.txt", to_pytorch(BLOCKS))


def defined(source: str) -> Iterator[str]:
    for each in ast.parse(source).body:
        if isinstance(each, ast.ClassDef | ast.FunctionDef):
            yield each.name


@pytest.mark.parametrize(
    "path", bundled(SPECS, {"lenet5", "unet", "googlenet"}), ids=lambda path: Path(path).stem
)
def test_source_is_python_in_short_lines_and_defines_only_what_it_uses(path: str) -> None:
    source = to_pytorch(load(path))
    compile(source, path, "exec")
    *helpers, _network = defined(source)
    assert all(source.count(name) > 1 for name in helpers)
    assert "cnncalc" not in source.partition("\n")[2]
    assert max(map(len, source.splitlines())) <= 88


def test_helpers_are_python() -> None:
    for name, text in HELPERS.items():
        assert [*defined(text)] == [name]


def test_a_long_network_is_written_in_linear_time() -> None:
    wide = source_of("{conv: 4, kernel: 1, repeat: 3000, name: a}", *["relu"] * 1000)
    assert wide.count("nn.ReLU()") == 1000


def test_the_guide_names_every_kind_that_cannot_be_written() -> None:
    text = page("models")
    assert [kind.kind for kind in LACKING if f"`{kind.kind}`" not in text] == []
    assert [why for why in LACKING.values() if f"| {why} |" not in text] == []


TEXTS = (
    '"""\nimport os\nos.system("id")\n"""',
    "'''",
    "\\",
    '"',
    'x"""',
    "\u2028import os",
    "a\nb",
    "{x}",
    "\\N{DASH}",
    "\\x41",
    '\\"""',
    "'; import os #",
    "long " * 500,
)
"""What would leave a docstring or a string of Python."""

IMPORTS = {
    "import math",
    "import torch",
    "from torch import nn",
    "from torch.nn import functional",
    "from collections import OrderedDict",
}


@pytest.mark.parametrize("text", TEXTS, ids=repr)
@pytest.mark.parametrize("key", ["name", "source", "note"])
def test_texts_of_a_spec_are_no_code(key: str, text: str) -> None:
    layer: dict[str, object] = {"conv": 2, "kernel": 1, "act": "relu"}
    spec: dict[str, object] = {"cnncalc": 1, "input": [2, 4, 4], "layers": [layer]}
    (layer if key == "note" else spec)[key] = text
    source = to_pytorch(f"{json.dumps(spec)}\n")
    tree = ast.parse(source)
    found = {ast.unparse(each) for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)}
    assert found <= IMPORTS
    assert all(isinstance(each, ast.Expr | ast.Import | ast.ImportFrom | ast.ClassDef) for each in tree.body)
    assert not any(isinstance(each, ast.Name) and each.id in ("os", "exec") for each in ast.walk(tree))
    assert max(map(len, source.splitlines())) <= 88


def test_repeats_are_written_once() -> None:
    source = source_of("{conv: 4, kernel: 1, act: relu, repeat: 5, name: body}")
    assert "self.body = nn.Sequential(*(ConvReLU() for _ in range(5)))" in source


def test_repeats_that_grow_by_equal_steps_are_a_range() -> None:
    block = "blocks:\n  dense:\n    layers:\n      - concat: {skip: [], new: [{conv: 8, kernel: 1}]}\n"
    source = source_of("{use: dense, repeat: 5, name: body}", more=block)
    assert "self.body = nn.Sequential(*(Dense(n) for n in range(4, 44, 8)))" in source
    assert source_of("{use: dense, repeat: 3, name: body}", more=block).count("Dense(") == 4


@pytest.mark.parametrize("comment", ['"""', "\\", 'x"""; import os', "a\\N{DASH}", "Passes: it on.", "#"])
def test_a_comment_at_a_block_is_its_docstring_and_no_code(comment: str) -> None:
    block = f"blocks:\n  twice:   # x {comment}\n    layers: [relu, {{conv: 2, kernel: 1}}]\n"
    source = source_of("{use: twice}", more=block)
    said = ast.get_docstring(next(each for each in ast.parse(source).body if isinstance(each, ast.ClassDef)))
    assert said is not None
    assert said.startswith("X ")
    assert "import os" not in [line.strip() for line in source.splitlines()]


def test_parts_of_a_tensor_are_a_chunk() -> None:
    source = source_of(
        "{split: 2, name: half}", "{conv: 2, kernel: 1, from: half.1}", "{concat: [half.0, prev]}"
    )
    assert "half_0, half_1 = x.chunk(2, dim=1)" in source
    uneven = source_of("{split: [1, 3], name: part}", "{concat: [part.1, part.0]}")
    assert "part_0, part_1 = x.split((1, 3), dim=1)" in uneven


def test_layers_that_no_output_depends_on_run() -> None:
    lines = ["{conv: 4, kernel: 1, name: one}", "{conv: 2, kernel: 1, from: input, name: two}"]
    source = source_of(*lines)
    assert "        self.one(x)  # no output depends on it\n        return self.two(x)" in source
    merged = source_of(
        "{conv: 4, kernel: 1, name: one}", "{add: [one, input], name: sum}", "{relu: , from: one}"
    )
    assert "_ = one + x" in merged


def test_a_second_input_has_the_name_of_the_spec() -> None:
    block = "blocks:\n  join:\n    inputs: [finer]\n    layers: [{add: [prev, finer]}, relu]\n"
    lines = [f"{{conv: 4, kernel: 1, name: {name}}}" for name in "ab"]
    source = source_of(*lines, "{use: join, finer: a}", more=block)
    assert "def forward(self, x, finer):" in source


def test_a_sum_of_many_tensors_is_written_in_linear_time() -> None:
    names = [f"c{number}" for number in range(3000)]
    lines = [f"{{conv: 4, kernel: 1, name: {name}}}" for name in names]
    assert source_of(*lines, f"{{add: [{', '.join(names)}]}}").count("+ c") == 2998
