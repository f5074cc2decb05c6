"""The JSON Schema of specs accepts valid specs and refuses wrong ones."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc import SpecError, load
from cnncalc.render.schema import schema
from cnncalc.spec.files import read_file
from cnncalc.spec.starter import TEMPLATES, starter
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture
from tests.conftest import FEW, bundled
from tests.render.validation import SPECS, TESTS, complaints, places

WRONG = sorted((TESTS / "errors").glob("*.yaml"))


BEFORE_ANY_SCHEMA = {
    "alias_bomb",
    "alias_of_itself",
    "broken_yaml",
    "comma_twice",
    "deep_nesting",
    "duplicate_keys",
    "merge_key",
    "no_space_at_comma",
    "several_documents",
    "tabs",
    "tag",
    "unclosed_quote",
}
"""Files that are not one YAML document, or use YAML features that specs do not allow; editors report them."""


NOT_OF_FORM = {
    "too_many_patterns": "a limit on the layers of the whole network",
    "too_many_references": "a limit on the layers of the whole network",
    "attention": "geometry",
    "auxiliary_feeds_output": "wiring",
    "auxiliary_is_output": "wiring",
    "auxiliary_owns_weights": "wiring",
    "axes_and_parts": "geometry",
    "broadcast": "geometry",
    "split_unnamed": "names are compared",
    "block_parameters": "the parameters of a block are defined elsewhere in the file",
    "channels_asserted": "geometry",
    "custom_shapes": "geometry",
    "dialect_caffe": "what the library of a dialect has",
    "dialect_keras_dilation": "what the library of a dialect has",
    "dialect_keras": "what the library of a dialect has",
    "dialect_pytorch": "what the library of a dialect has",
    "comma_without_end": "the value of an expression",
    "conv2d_on_signal": "geometry",
    "conv_on_vector": "geometry",
    "defaults_twice": "the same kind or option under two of its names",
    "dense_on_map": "geometry",
    "duplicate_names": "names are compared",
    "exact_fit": "geometry",
    "freeze_unknown": "names are compared",
    "given_twice": "the same option under two of its names",
    "groups": "geometry",
    "huge_power": "the value of an expression",
    "huge_repeat": "a limit on the layers of the whole network",
    "inputs_expression": "wiring",
    "inputs_unclear_source": "wiring",
    "outputs_left_out": "wiring",
    "inputs_first_merge": "wiring",
    "inputs_identity_branch": "wiring",
    "inputs_unknown": "names are compared",
    "inputs_without_from": "wiring",
    "inside_a_block": "names are compared",
    "kernel_too_large": "geometry",
    **dict.fromkeys(
        ("left_out_head", "left_out_in_branch", "left_out_read", "left_out_repeat", "left_out_with_from"),
        "names are compared",
    ),
    "merge_unequal": "geometry",
    "missing_option": "defaults may give it",
    "names_and_paths": "names are compared",
    "nested_repeats": "a limit on the layers of the whole network",
    "numbers_and_text": "the value of an expression",
    "text_as_condition": "the value of an expression",
    "word_and_variable": "what a name is worth",
    "outside_repeats": "the value of an expression",
    "left_out_inside": "names are compared",
    "outputs_expected_of_one": "names are compared",
    "outputs_named_like_a_layer": "names are compared",
    "outputs_too_many": "a limit on the layers of the whole network",
    "outputs_twice": "names are compared",
    "outputs_unknown": "names are compared",
    "recursion": "blocks that use each other",
    "references": "names are compared",
    "reshape": "geometry",
    "share": "geometry",
    "share_across_branches": "names are compared",
    "text_parameter": "what a name is worth",
    "too_many_layers": "a limit on the layers of the whole network",
    "variable_without_value": "the value of an expression",
}
"""Errors in the other files that a schema cannot detect."""


@pytest.mark.parametrize("path", bundled(SPECS, FEW), ids=lambda path: path.stem)
def test_every_bundled_spec_is_valid(path: Path) -> None:
    assert complaints(read_file(path).text) == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_starter_is_valid(template: str) -> None:
    assert complaints(starter(template).text) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_a_spec_with_a_wrong_structure_is_not_valid(path: Path) -> None:
    try:
        found = complaints(read_file(path).text)
    except SpecError:
        assert path.stem in BEFORE_ANY_SCHEMA
        return
    assert bool(found) != (path.stem in NOT_OF_FORM), found


@pytest.mark.crosscheck("check_jsonschema")
def test_check_jsonschema_takes_the_schema_and_agrees(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(schema("spec")), encoding="utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(tmp_path / "schema.json")]
    good = [str(path) for path in SPECS if path.stem in FEW]
    for files, code in ((good, 0), ([str(TESTS / "errors" / "unknown_option.yaml")], 1)):
        done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout
        assert "Traceback" not in done.stderr + done.stdout


def test_undetected_errors_are_listed_for_existing_files() -> None:
    assert BEFORE_ANY_SCHEMA | set(NOT_OF_FORM) <= {path.stem for path in WRONG}


@pytest.mark.parametrize(
    ("layer", "path"),
    [
        ("{conv: 64, kernal: 3}", "$.layers[0]"),
        ("{conv: 64, kernel: 0}", "$.layers[0].kernel"),
        ("{conv: 64, kernel: [3, 0]}", "$.layers[0].kernel[1]"),
        ("{conv: 2.5, kernel: 3}", "$.layers[0].conv"),
        ("{conv: [64], kernel: 3}", "$.layers[0].conv"),
        ("{conv: {filters: 64, kernel: 3, strid: 2}}", "$.layers[0].conv"),
        ("{conv: 64, kernel: 3, bias: 1}", "$.layers[0].bias"),
        ("{conv: 64, kernel: 3, bias: yes}", "$.layers[0].bias"),
        ("{conv: 64, kernel: 3, norm: relu}", "$.layers[0].norm"),
        ("{conv: 64, kernel: 3, act: {conv: 3}}", "$.layers[0].act"),
        ("{conv: 64, kernel: 3, norm: {batch: {epsilo: 1}}}", "$.layers[0].norm.batch"),
        ("{conv: 64, kernel: 3, name: 3x}", "$.layers[0].name"),
        ("{conv: 64, kernel: 3, padding: [[1, 2, 3], 1]}", "$.layers[0].padding"),
        ("{conv: 64, kernel: 3 +}", "$.layers[0].kernel"),
        ("{conv: 64, kernel: 3 3}", "$.layers[0].kernel"),
        ("{Conv2d: 64, kernel_size: 0}", "$.layers[0].kernel_size"),
        ("{dropout: 1.5}", "$.layers[0].dropout"),
        ("{relu: 3}", "$.layers[0].relu"),
        ("{conv: 64, kernel: 3, repeat: -1}", "$.layers[0].repeat"),
        ("{conv: 64, kernel: 3, expect: {parms: 3}}", "$.layers[0].expect"),
        ("{conv: 64, kernel: 3, budget: {params: {most: 3}}}", "$.layers[0].budget.params"),
        ("{add: {main: relu}}", "$.layers[0].add.main"),
        ("{add: {main: [{conv: 64, kernal: 3}]}}", "$.layers[0].add.main[0]"),
        ("{use: 3}", "$.layers[0].use"),
        ("{use: block, width: {a: 3}}", "$.layers[0].width"),
        ("{squeeze_excite: 4, reduce: 3}", "$.layers[0]"),
        ("{squeeze_excite: 0}", "$.layers[0].squeeze_excite"),
        ("{batch: }", "$.layers[0]"),
        ("{kind: relo, name: a}", "$.layers[0].kind"),
        ("{kind: conv, filters: 8, kernal: 3}", "$.layers[0]"),
        ("{kind: conv, filters: 8, kernel: 3, norm: {kind: relu}}", "$.layers[0].norm.kind"),
        ("{relu: , otherwise: skip}", "$.layers[0].otherwise"),
        ("{relu: , aside: yes}", "$.layers[0].aside"),
        ("{relu: , name: prev.a}", "$.layers[0].name"),
        ("cnv", "$.layers[0]"),
        ("3", "$.layers[0]"),
        ("[relu]", "$.layers[0]"),
        ("", "$.layers[0]"),
    ],
)
def test_an_error_is_reported_at_its_place(layer: str, path: str) -> None:
    assert set(places(layer)) == {path}


@pytest.mark.parametrize(
    "layer",
    [
        "{conv: width * 4, kernel: 1}",
        "{conv: 64, kernel: 3x5}",
        "{conv: 64, kernel: [3, k + 2]}",
        "{conv: 64, kernel: 3, pad: 1}",
        "{conv: {filters: 64, kernel: 3, name: a, act: relu}, note: [1, 2]}",
        "{conv: , filters: 8, kernel: 3}",
        '{conv: "max(8, width // 2)", kernel: 3}',
        "{conv: round8(width * 0.75), kernel: 3, stride: 2 if first else 1}",
        "{conv: (a + b) * -c, kernel: 2 ** (i % depth)}",
        "{conv: stage.0.conv1.channels // 2, kernel: prev.height}",
        "{conv: 010, kernel: 3, bias: $bias, when: not first and i != 3}",
        "{conv: 64, kernel: 3, padding: [[1, 2], [0, 1]]}",
        "{conv: 64, kernel: 3, padding: null, bias: False}",
        "{maxpool: 3, ceil_mode: true}",
        "{maxpool: 3, fit: ceil}",
        "{upsample: 2, scale: 2}",
        "{batchnorm: 64}",
        "{BatchNorm2d: 64, eps: 1e-3}",
        "{conv: 64, kernel: 3, norm: $norm, act: none}",
        "{conv: 64, kernel: 3, norm: {batch: {affine: false}}, act: {leaky_relu: 0.1}}",
        "{conv: 64, kernel: 3, norm: {group: {groups: 8}}, act: {leaky_relu: {slope: 0.2}}}",
        "{conv: 64, kernel: 3, norm: {group: 8}}",
        "{groupnorm: {group: 8}}",
        "{conv: 64, kernel: 3, bias: 'False', when: 'true'}",
        "{conv: 64, kernel: 3, norm: null, act: false}",
        "{conv: 64, kernel: 3, expect: {output: 64x30x30, params: 25.6M, receptive_field: all}}",
        "{conv: 64, kernel: 3, budget: {params: 26M, macs: {max: 4.2G, warn: 4G}}}",
        "{add: [input, prev, stack.*.skip, [{conv: 3, kernel: 1}]]}",
        "{concat: {1x1: [], b: [relu]}, align: crop}",
        "{use: bottleneck, width: 64, act: relu, repeat: n, name: stage1, skip: stem}",
        "{se: 4, act: silu, gate: sigmoid}",
        "{squeeze_excite: {reduced: 4, gate: hardsigmoid}}",
        "{reshape: [-1, 4, 4]}",
        "{kind: conv, filters: 8, kernel: 3, norm: {kind: batch, affine: false}, act: {kind: relu}, name: a}",
        "{kind: add, inputs: [a, prev]}",
        "{kind: concat, inputs: {m: [{kind: relu}], n: []}, align: crop}",
        "{kind: squeeze_excite, reduced: 4, act: silu}",
        "{kind: Conv2d, out_channels: 8, kernel_size: 3, padding: same if deep else 0}",
        "{relu: , name: layer1.0.relu, from: /features/0/Conv}",
        "{conv: 8, kernel: 3, norm: batch if bn else none, act: $act if deep else none}",
        "{relu: , from: a, when: x, otherwise: pass}",
        "{relu: , from: entry, aside: true}",
        '{conv: "make_divisible(w, 8)", kernel: 3, expect: {output: [w * 2, 8, 8]}}',
        "{attention: h, window: w if h > 2 else 14, shift: [w // 2, 0], relative: use_rel}",
        "{kind: attention, heads: h, grid: [7, 2], key: 4, value: 2 * h}",
        "{cross_attention: {a: [{conv: 12, kernel: 1}], b: []}, heads: 2, out: 8}",
        "{kind: matmul, inputs: [prev, h.1], transpose_second: true}",
        "{mul: {gate: [{parameter: [6, 1, 1]}], x: [{identity: , from: entry}]}, broadcast: ok}",
        "{reduce: {mode: max, over: [channels, length]}}",
        "{select: {index: [-3, n], axis: length}}",
        "{permute: {order: [length, channels]}}",
        "MaxPool_2D",
        "global_avgpool",
    ],
)
def test_valid_layers_are_accepted(layer: str) -> None:
    assert places(layer) == []


@pytest.mark.parametrize(
    "text",
    [
        "input: 3x224x224",
        "input: 100",
        "input: {channels: 3, length: 100}",
        "input: {channels: 3, depth: 3, height: 8, width: n}",
        "input: [3, n, n]",
        "input: {channels: 10}",
        "layout: channels_last",
        "vars: {width: 3, act: relu, sizes: [1, 2]}",
        "vars:",
        "expect:",
        "budget:",
        "freeze: stem",
        "defaults: {Conv2d: {kernel_size: 3, norm: batch, activation: relu}}",
        "blocks: {a: {params: [x, y=2], inputs: [skip], note: more, layers: [relu]}}",
        "expect: {params: 25557032, macs: 4.1G, layers: {a.b: {receptive_field: [7, 7]}}}",
        "budget: {receptive_field: {min: 200}, layers: {stem: {params: 10K}}}",
        "budget: {memory.peak: 16MiB, memory: {training: {max: 1.5 GB, warn: 1e9}}, depth: 50}",
        "budget: {output: 1M, layers: {'stage?.*': {output: {max: [64, 56, 56]}, receptive_field: 3x5}}}",
        "expect: {depth: 50, memory.parameters: 102.2MB, layers: {stem: {memory: {peak: 9KiB}}}}",
    ],
)
def test_valid_sections_are_accepted(text: str) -> None:
    head = "" if text.startswith("input") else "input: [3, 8, 8]\n"
    assert complaints(f"cnncalc: 1\n{head}{text}\nlayers: [relu]\n") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("input: {channels: 3, height: 8}", "$.input"),
        ("input: {channels: 3, length: 8, height: 8, width: 8}", "$.input"),
        ("input: [3, 8, 8, 8, 8]", "$.input"),
        ("input: {height: 8, width: 8}", "$.input"),
        ("layout: whc", "$.layout"),
        ("vars: {prev: 3}", "$.vars"),
        ("vars: {a: {b: 3}}", "$.vars.a"),
        ("defaults: {conv: {kernal: 3}}", "$.defaults.conv"),
        ("defaults: {conv: {name: a}}", "$.defaults.conv"),
        ("defaults: {cnv: {kernel: 3}}", "$.defaults"),
        ("blocks: {a: {layer: [relu]}}", "$.blocks.a"),
        ("expect: {layers: {a: {layers: {}}}}", "$.expect.layers.a"),
        ("expect: {output: big}", "$.expect.output"),
        ("budget: {output: wide}", "$.budget.output"),
        ("budget: {layers: {a: {depth: 3}}}", "$.budget.layers.a"),
        ("budget: {memory: {most: 3MB}}", "$.budget.memory"),
        ("budget: {memory.peak: 3XB}", "$.budget['memory.peak']"),
        ("budget: {params: 3MB}", "$.budget.params"),
        ("inputs: 3", "$.inputs"),
        ("inputs: {mask: [3, 8, 8, 8, 8]}", "$.inputs.mask"),
        ("inputs: {3x: [3, 8, 8]}", "$.inputs"),
        ("outputs: 3", "$.outputs"),
        ("outputs: []", "$.outputs"),
        ("outputs: {a: [relu1]}", "$.outputs.a"),
        ("auxiliary: [[relu1]]", "$.auxiliary[0]"),
        ("imputs: 3", "$"),
    ],
)
def test_an_error_in_a_section_is_reported_at_its_place(text: str, path: str) -> None:
    head = "" if text.startswith("input:") else "input: [3, 8, 8]\n"
    found = complaints(f"cnncalc: 1\n{head}{text}\nlayers: [relu]\n")
    assert path in {where for where, _ in found}
    with pytest.raises(SpecError):
        load(f"cnncalc: 1\n{head}{text}\nlayers: [relu]\n")
