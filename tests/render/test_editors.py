"""The schema of specs in editors: what yaml-language-server underlines, offers and explains."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import pytest

from cnncalc import SpecError, load
from cnncalc.layers import KINDS
from cnncalc.render.schema import schema
from cnncalc.spec.starter import TEMPLATES, starter
from tests.conftest import program
from tests.render.language_server import LanguageServer
from tests.render.validation import SPECS, as_editors_read

pytestmark = pytest.mark.program("yaml-language-server")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    file = tmp_path_factory.mktemp("schema") / "spec.json"
    file.write_text(json.dumps(schema("spec")), encoding="utf-8")
    running = LanguageServer(file, program("yaml-language-server") or "")
    yield running
    running.close()


def spec(text: str) -> str:
    """A whole spec from a list of layers, or from sections."""
    if text.startswith("-"):
        items = indent(text, "  ")  # in lists without indentation, the server offers less
        return f"cnncalc: 1\ninput: [3, 32, 32]\nlayers:\n{items}\n"
    head = "" if text.startswith(("input:", "inputs:")) else "input: [3, 32, 32]\n"
    last = "" if re.search("^layers:", text, re.MULTILINE) else "layers:\n- {conv: 8, kernel: 3}\n"
    return f"cnncalc: 1\n{head}{text}\n{last}"


def test_no_spec_is_underlined(server: LanguageServer) -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in SPECS}
    texts |= {template: starter(template).text for template in TEMPLATES}
    found = server.complaints(*texts.values())
    assert {name: each for name, each in zip(texts, found, strict=True) if each} == {}


FAULTS = """
- {conv: «-1», kernel: 3}
- {conv: «2.5», kernel: 3}
- {conv: «[8]», kernel: 3}
- {conv: 8, kernel: «0»}
- {conv: 8, kernel: [3, «0»]}
- {conv: 8, kernel: «3 3»}
- {conv: 8, «kernle»: 3}
- {conv: 8, kernel: 3, stride: «0»}
- {conv: 8, kernel: 3, padding: «smae»}
- {conv: 8, kernel: 3, padding: «-1»}
- {conv: 8, kernel: 3, bias: «1»}
- {conv: 8, kernel: 3, bias: «yes»}
- {conv: 8, kernel: 3, fit: «flor»}
- {conv: 8, kernel: 3, «units»: 3}
- {conv: {filters: 8, kernel: 3, «strid»: 2}}
- {conv: {filters: «0», kernel: 3}}
- {Conv2d: «-8», kernel_size: 3}
- {Conv2d: 8, kernel_size: «0»}
- {conv_transpose: «0», kernel: 2}
- {depthwise: «0»}
- {dense: «-10»}
- {dense: 10, «filters»: 10}
- {dropout: «2»}
- {dropout: «-0.5»}
- {maxpool: «0»}
- {maxpool: 2, fit: «celi»}
- {maxpool: 2, «strides_»: 2}
- {groupnorm: «0»}
- {batchnorm: {«epss»: 1}}
- {leaky_relu: «steep slope»}
- {relu: «3»}
- {flatten: , «axis»: 1}
- {upsample: «0»}
- {pad: [«[1]»]}
- {slice: «2.5»}
- {«cnv»: 8, kernel: 3}
- {«convv2d»: 8, kernel_size: 3}
- «rleu»
- «3»
- {kind: «relo»}
- {kind: conv, filters: 8, «kernal»: 3}
- «{»filters: 8, kernel: 3}
- {conv: 8, kernel: 3, norm: «bacth»}
- {conv: 8, kernel: 3, norm: «relu»}
- {conv: 8, kernel: 3, norm: {batch: {«epsilo»: 1}}}
- {conv: 8, kernel: 3, act: «rellu»}
- {conv: 8, kernel: 3, act: {leaky_relu: {«slop»: 1}}}
- {conv: 8, kernel: 3, repeat: «-1»}
- {conv: 8, kernel: 3, name: «3x»}
- {conv: 8, kernel: 3, from: «a b»}
- {conv: 8, kernel: 3, expect: {«parms»: 3}}
- {conv: 8, kernel: 3, budget: {params: {«most»: 3}}}
- {relu: , otherwise: «skip»}
- {add: «3»}
- {add: {main: [{conv: 8, «kernle»: 3}], skip: []}}
- {add: {main: [{conv: «-1», kernel: 3}], skip: []}}
- {add: {main: [«rleu»], skip: []}}
- {concat: {a: [{add: {b: [{dropout: «7»}], c: []}}], d: []}}
- {use: «3»}
- {squeeze_excite: «0»}
- {squeeze_excite: 4, «reduce»: 3}
- {attention: 2, «hedas»: 3}
- {attention: {heads: 2, «windw»: 4}}
- {add: {main: [{attention: «-1»}], skip: []}}
- {reduce: mean, over: «heigth»}
- {permute: [channels, «widht», height]}
- {split: [4, «0»]}
- {mul: [input, prev], broadcast: «3»}
- {conv: 8, kernel: 3, norm: {group: {groups: «-4»}}}
- {upsample: 2, mode: «bilnear»}
inputs: {tokens: {length: 128, values: «0»}}
budget: {macs: «lots of»}
budget: {params: «true»}
defaults: {conv: {«kernle»: 3}}
defaults: {conv: {stride: «0»}}
defaults: {conv: {norm: «bacth»}}
defaults: {«cnv»: {kernel: 3}}
blocks: {a: {params: [x], layers: [{conv: x, «kernle»: 3}]}}
blocks: {a: {layers: [relu], «parms»: [x]}}
input: {channels: 3, height: 32, width: 32, «lenght»: 3}
layout: «whc»
dialect: «torch»
expect: {«flop»: 3}
budget: {memory: {«most»: 3MB}}
vars: {a: «{b: 3}»}
«imputs»: {a: [3, 8, 8]}
outputs: «[]»
- {conv: 8, kernel: 40}
- {conv: 8, kernel: 3, groups: 5}
- {conv: 8, kernel: 3, from: nowhere}
- {conv: widht, kernel: 3}
- {add: [input, lost]}
""".strip().splitlines()
"""Faults with the text that the editor underlines; those without one need shapes or names of a network."""


def test_there_are_enough_faults() -> None:
    seen = ["«" in fault for fault in FAULTS]
    assert len(seen) >= 76
    assert sum(seen) >= 70


def plain(fault: str) -> str:
    return spec(re.sub("[«»]", "", fault))


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_is_one(fault: str) -> None:
    with pytest.raises(SpecError):
        load(plain(fault))


def test_faults_are_underlined_at_their_place(server: LanguageServer) -> None:
    texts = [plain(fault) for fault in FAULTS]
    missed = {}
    for fault, text, found in zip(FAULTS, texts, server.complaints(*texts), strict=True):
        lines = text.splitlines()
        underlined = {lines[each.line][each.start : each.end] for each in found}
        if underlined != set(re.findall("«(.*?)»", fault)):
            missed[fault] = found
    assert missed == {}


def test_a_new_item_offers_all_kinds(server: LanguageServer) -> None:
    kinds = {kind.kind for kind in KINDS}
    for place in ("- |", "- add:\n    main:\n      - |", "- con|"):
        assert kinds <= set(server.completions(spec(place)))
    offered = server.completions(spec("- |"))
    assert offered["conv"] == {"conv: "}
    assert "relu" in offered["relu"]
    assert offered["use"] == {"use: "}


COMPLETED = {
    "- conv: 8\n  |": {"kernel": "kernel: ", "stride": "stride: ${1:1}", "act": "act: ", "from": "from: "},
    "- add:\n    a:\n    - maxpool: 2\n      |": {"stride": "stride: ", "fit": "fit: ${1:floor}"},
    "- conv:\n    |": {"filters": "filters: ", "kernel": "kernel: "},
    "- {conv: 8, st|}": {"kernel": "kernel: "},
    "- {conv: 8, norm: |}": {"batch": "batch", "group": "group", "none": "none"},
    "- {conv: 8, act: |}": {"relu": "relu", "gelu": "gelu", "none": "none"},
    "- {Conv2d: 8, activation: |}": {"relu": "relu"},
    "- {add: {a: [{conv: 3, padding: |}]}}": {"same": "same", "half": "half", "valid": "valid"},
    "- kind: |": {"conv": "conv", "relu": "relu"},
    "- kind: conv\n  |": {"filters": "filters: "},
    "- squeeze_excite: 4\n  |": {"gate": "gate: "},
    "defaults:\n  |": {"conv": "conv:\n  "},
    "defaults:\n  conv:\n    |": {"kernel": "kernel: ", "norm": "norm: "},
    "defaults:\n  conv:\n    norm: |": {"batch": "batch"},
    "blocks:\n  a:\n    |": {"params": "params:\n  - ${1}"},
    "budget:\n  |": {"params": "params: ${1:0}", "receptive_field": "receptive_field: ${1:0}"},
    "budget:\n  params:\n    |": {"max": "max: ${1:0}"},
    "budget:\n  memory:\n    |": {"peak": "peak: ${1:0}", "training": "training: ${1:0}"},
    "- conv: 8\n  budget:\n    memory:\n      |": {"peak": "peak: ${1:0}"},
    "- {reduce: |}": {"mean": "mean", "l2": "l2"},
    "- {add: {a: [{kind: |}]}}": {"reduce": "reduce"},
    "dialect: |": {"pytorch": "pytorch"},
}


@pytest.mark.parametrize("place", COMPLETED)
def test_completions(place: str, server: LanguageServer) -> None:
    offered = server.completions(spec(place))
    assert {label: {text} for label, text in COMPLETED[place].items()}.items() <= offered.items()


@pytest.mark.parametrize("place", [place for place in COMPLETED if not re.search(r": \||\{", place)])
def test_every_key_is_inserted_with_its_colon(place: str, server: LanguageServer) -> None:
    offered = server.completions(spec(place))
    assert [texts for texts in offered.values() if not all(":" in text for text in texts)] == []


def test_other_names_of_options_are_not_offered(server: LanguageServer) -> None:
    offered = server.completions(spec("- conv: 8\n  |"))
    assert not {"kernel_size", "pads", "out_channels", "activation"} & set(offered)
    assert "kernel_size" not in server.completions(spec("defaults:\n  conv:\n    |"))


@pytest.mark.parametrize(
    ("place", "wanted"),
    [
        ("- re|lu", "Rectified linear unit"),
        ("- Re|LU", "Rectified linear unit"),
        ("- {con|v: 8, kernel: 3}", "N-d convolution"),
        ("- {con|v: 8, kernel: 3}", "output channels"),
        ("- {Con|v2d: 8, kernel: 3}", "N-d convolution"),
        ("- {conv: 8, ker|nel: 3}", "kernel size along each axis"),
        ("- {conv: 8, kernel_|size: 3}", "kernel size along each axis"),
        ("- {add: {main: [re|lu], skip: []}}", "Rectified linear unit"),
        ("- {add: {main: [{dro|pout: 0.5}], skip: []}}", "Zeroes random values"),
        ("- {ad|d: [a, b]}", "Elementwise sum"),
        ("- {conv: 8, kernel: 3, nor|m: batch}", "normalization to add after the layer"),
        ("- {squeeze_|excite: 4}", "squeeze-and-excitation"),
        ("defaults: {con|v: {kernel: 3}}", "N-d convolution"),
        ("defaults: {conv: {ker|nel: 3}}", "kernel size along each axis"),
    ],
)
def test_hover(place: str, wanted: str, server: LanguageServer) -> None:
    assert wanted in server.hover(spec(place))


WITH_AJV = """
const Ajv = require("ajv/dist/2020");
const { schema, specs } = JSON.parse(require("fs").readFileSync(0));
const validate = new Ajv({ strict: false, logger: false }).compile(schema);
console.log(JSON.stringify(specs.map((spec) => validate(spec))));
"""


def test_ajv_takes_the_schema_and_agrees() -> None:
    """The server brings ajv along; it refuses patterns that Python takes and Unicode mode does not."""
    server = Path(program("yaml-language-server") or "").resolve()
    modules = next(each for each in server.parents if each.name == "node_modules")
    texts = [*(path.read_text(encoding="utf-8") for path in SPECS), plain(FAULTS[0]), plain(FAULTS[6])]
    specs = [as_editors_read(text) for text in texts]
    done = subprocess.run(
        ["node", "-e", WITH_AJV],
        input=json.dumps({"schema": schema("spec"), "specs": specs}),
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [*(True for _ in SPECS), False, False]
