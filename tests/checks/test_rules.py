"""Rules: each example violates its rule, the fixed one does not, and there are no false positives."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import cnncalc
from cnncalc.checks.comments import Ignored
from cnncalc.checks.rules import BY_CODE, RULES, Rule, lint, network_of, selected
from cnncalc.checks.rules.documentation import DOCUMENTED
from cnncalc.problems import Problem
from tests.errors.test_errors import WRONG, refusal
from tests.spec.helpers import text

PACKAGE = Path(cnncalc.__file__).parent
EVERYTHING = selected(["ALL"], [])
WITH_EXAMPLE = [rule for rule in DOCUMENTED.values() if rule.example]


def found(spec_text: str) -> list[Problem]:
    """All findings in a spec, including those of rules that are disabled by default."""
    spec = cnncalc.load(spec_text)
    report = cnncalc.analyze(spec)
    network = network_of(spec.document, spec.graph, report)
    verdicts = cnncalc.check(report, spec)
    failed = [verdict.problem for verdict in verdicts if verdict.problem]
    return [*report.findings, *lint(network, EVERYTHING), *failed]


def codes(*layers: str, shape: str = "[3, 8, 8]", top: str = "") -> set[str]:
    """The codes of the findings by default, without the notes that small examples always have."""
    always = {"does-not-fit", "field-outgrows-input"} | {rule.code for rule in RULES if not rule.default}
    return {problem.code for problem in found(text(*layers, shape=shape, top=top))} - always


MODULES = sorted((PACKAGE / "checks/rules").glob("[!_]*.py"))


def rule_module(path: Path) -> str:
    return f"cnncalc.checks.rules.{path.stem}"


def rules_of(path: Path) -> list[Rule]:
    """The rules that a module defines, alone or in tuples."""
    found = vars(import_module(rule_module(path))).values()
    each = [*found, *(item for value in found if isinstance(value, tuple) for item in value)]
    return [rule for rule in each if isinstance(rule, Rule)]


@pytest.mark.parametrize(
    "path", sorted((PACKAGE / "checks/rules").glob("[!_]*.py")), ids=lambda path: path.stem
)
def test_every_rule_is_listed(path: Path) -> None:
    lacks = [rule.code for rule in rules_of(path) if rule.code not in DOCUMENTED]
    assert not lacks, "RULES (cnncalc/checks/rules/__init__.py) lacks them"
    unnamed = [rule.code for rule in rules_of(path) if rule.text == import_module(rule_module(path)).__doc__]
    assert all(code.replace("-", "_") == path.stem for code in unnamed), "a module is named after its rule"


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.find], ids=lambda rule: rule.code)
def test_every_rule_is_complete(rule: Rule) -> None:
    assert rule.text.strip(), "its documentation: the docstring of its module"
    assert rule.example, "a spec that breaks it: example in its module"
    assert rule.fixed, "add the fixed spec to the module of the rule"


@pytest.mark.parametrize("rule", WITH_EXAMPLE, ids=lambda rule: rule.code)
def test_an_example_violates_its_rule_and_the_fixed_one_does_not(rule: Rule) -> None:
    assert rule.code in {problem.code for problem in found(rule.example)}
    assert rule.fixed
    assert rule.code not in {problem.code for problem in found(rule.fixed)}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.example], ids=lambda rule: rule.code)
def test_a_finding_has_the_level_of_its_rule_and_a_place_in_the_file(rule: Rule) -> None:
    (problem,) = [problem for problem in found(rule.example) if problem.code == rule.code][:1]
    lines = rule.example.splitlines()
    assert problem.level == rule.level
    assert problem.place is not None
    assert 1 <= problem.place.column <= len(lines[problem.place.line - 1])


@pytest.mark.parametrize("rule", DOCUMENTED.values(), ids=lambda rule: rule.code)
def test_every_code_is_documented_in_sentences(rule: Rule) -> None:
    first = rule.text.strip().partition("\n\n")[0]
    assert re.fullmatch(r"[A-Z`].*[.]", " ".join(first.split()), re.DOTALL)
    assert not any(word in rule.text for word in ("TODO", "e.g."))


def printed_codes() -> set[str]:
    """The codes of all problems in the source, including the composed ones."""
    composed = {
        "f'no-{needed}'": {"no-input", "no-layers"},
        "f'unknown-{role}'": {"unknown-norm", "unknown-act"},
    }
    passed_on = {"code", "error.code", "rule.code", "plan", "source"}
    codes: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("Problem", "LayerError", "_fail") or ast.unparse(node.func) == "self._report":
                given = node.args[0]
                written = given.value if isinstance(given, ast.Constant) else ast.unparse(given)
                codes |= composed.get(str(written), {str(written)} - passed_on)
    return codes


def test_every_code_that_the_source_prints_is_known_to_rule() -> None:
    codes = printed_codes()
    assert len(codes) > 80
    assert codes - set(DOCUMENTED) == set()
    assert set(DOCUMENTED) - set(BY_CODE) - codes == set(), "documented but never printed"


LARGE = ("nested_repeats", "too_many_layers", "too_many_patterns", "too_many_references")
"""Wrong specs that are large when they are built."""


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=pytest.mark.slow) if path.stem in LARGE else path for path in WRONG],
    ids=lambda path: path.stem,
)
def test_every_code_of_a_wrong_spec_is_known_to_rule(path: Path) -> None:
    assert {problem.code for problem in refusal(path).problems} <= set(DOCUMENTED)


def test_the_sets_of_rules() -> None:
    default = {rule.code for rule in RULES if rule.default}
    always = {"expectation", "budget", "unmatched", "model-not-imported"}
    assert selected([], []) == default | always
    assert selected(["ALL"], []) == set(BY_CODE) | always
    assert selected(["no-activation"], []) == {"no-activation"} | always
    assert selected(["DEFAULT", "no-activation"], ["budget"]) == (
        default | {"no-activation"} | always - {"budget"}
    )


CONV, NORM = "{conv: 8, kernel: 3, padding: 1}", "{conv: 8, kernel: 3, padding: 1, bias: false, norm: batch}"


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        # A bias has an effect before a norm that keeps channel means, or with other readers.
        ([CONV, "layernorm"], set()),
        ([CONV, "{groupnorm: , groups: 2}"], set()),
        ([CONV, "{groupnorm: , groups: 8}"], {"bias-before-norm"}),
        ([CONV, "instancenorm"], {"bias-before-norm"}),
        ([CONV, "lrn"], set()),
        (["{conv: 8, kernel: 3, padding: 1, name: a}", "batchnorm", "{add: [a, prev]}"], set()),
        (["{depthwise: 3, padding: 1}", "batchnorm", CONV], {"bias-before-norm"}),
        (["{locally_connected: 8, kernel: 3}", "batchnorm"], set()),
        (["flatten", "{dense: 5, norm: batch}"], {"bias-before-norm"}),
        # The branches of a residual connection are used; a layer without readers is not.
        (["{add: {main: [{conv: 3, kernel: 1}], skip: []}}"], set()),
        (["{conv: 4, kernel: 1, name: a}", "{conv: 5, kernel: 1, from: input}"], {"unused-layer"}),
        # Groups that a later layer mixes.
        (["{conv: 6, kernel: 1}", "{depthwise: 3}", "relu", "{conv: 4, kernel: 1}"], set()),
        (["{conv: 6, kernel: 1}", "{depthwise: 3}", "flatten", "{dense: 4}"], set()),
        (["{conv: 6, kernel: 1, groups: 3}", "{channel_shuffle: 3}"], set()),
        (["{conv: 6, kernel: 1, groups: 3}", "{conv: 6, kernel: 1, groups: 3}"], {"unmixed-groups"}),
        (["{separable: 4, kernel: 3}"], set()),
        # Attention multiplies by a softmax.
        (
            ["{conv: 3, kernel: 1, name: v}", "{conv: 3, kernel: 1}", "softmax", "{mul: [v, prev]}", CONV],
            set(),
        ),
        (["softmax", CONV], {"softmax-inside"}),
        (["flatten", "{dense: 5}", "softmax", "softmax"], {"softmax-inside", "activation-twice"}),
        # A dropout before the last layer with weights, and one in a network without weights.
        ([CONV, "dropout", CONV, "global_avgpool"], set()),
        ([CONV, "global_avgpool", "dropout", "flatten"], {"dropout-last"}),
        (["dropout"], set()),
        # The same layer twice.
        ([CONV, "relu", CONV, "relu"], set()),
        ([CONV, "relu", "dropout", "relu", CONV], set()),
        ([NORM, "{add: {a: [batchnorm], b: [relu]}}"], {"norm-twice"}),
        (["{concat: [input, input]}"], {"joined-twice"}),
        # A map of one value: only batch norm also uses other samples.
        (["global_avgpool", "batchnorm"], set()),
        (["global_avgpool", "instancenorm"], {"norm-of-one-value"}),
        (["global_avgpool", "layernorm"], set()),
        # A -1 that is meant as the batch.
        (["{reshape: [-1, 192]}", "{conv: 2, kernel: 5}"], {"batch-in-shape"}),
        (["{reshape: [-1, 3, 8, 8]}", "{conv: 2, kernel: 3}"], {"batch-in-shape"}),
        (["{reshape: [1, -1]}", "{conv: 2, kernel: 5}"], set()),
        (["{reshape: [-1, 64]}", "{conv: 2, kernel: 5}"], set()),
        (["{reshape: [192]}", "{dense: 5}"], set()),
        # Layers without effect.
        (["{avgpool: 1}"], {"does-nothing"}),
        (["{maxpool: 1, stride: 2}"], {"stride-skips-input"}),
        (["{maxpool: 3, stride: 1, padding: 1}"], set()),
        (["{dropout: 0}", CONV], {"does-nothing"}),
        (["flatten", "flatten"], {"does-nothing"}),
        (["{upsample: 1}"], {"does-nothing"}),
        # A stride as large as the kernel reads all values; a dilated kernel may skip some.
        (["{conv: 8, kernel: 2, stride: 2}"], set()),
        (["{conv: 8, kernel: 3, stride: 2, dilation: 2, padding: 2}"], {"stride-skips-input"}),
        (["{conv: 8, kernel: [3, 1], stride: 2, padding: [1, 0]}"], {"stride-skips-input"}),
        (["{conv_transpose: 8, kernel: 4, stride: 2}"], set()),
        (["{conv_transpose: 8, kernel: 5, stride: 2}"], {"checkerboard"}),
        (["{conv_transpose: 8, kernel: 3}"], set()),
    ],
)
def test_only_violations_are_reported(layers: list[str], found: set[str]) -> None:
    assert codes(*layers) == found


@pytest.mark.parametrize(
    ("shape", "found"),
    [
        ("[3, 224, 224]", set()),
        ("{channels: 224, height: 224, width: 3}", {"channels-like-height"}),
        ("{channels: 640, height: 3, width: 480}", {"channels-like-height"}),
        ("{channels: 64, height: 1, width: 1000}", set()),
        ("{channels: 224, height: 1, width: 224}", {"channels-like-height"}),
        ("[64, 7, 7]", set()),
        ("[512, 3, 3]", set()),
        ("{channels: 32, length: 3}", set()),
        ("224x224x3", {"layout-read"}),
        ("[224, 224, 3]", {"channels-last"}),
        ("[64, 3]", set()),
    ],
)
def test_an_image_in_the_wrong_order_is_reported_once(shape: str, found: set[str]) -> None:
    assert codes("{conv: 8, kernel: 1}", shape=shape) == found


def test_channels_last_that_are_written_channels_first() -> None:
    assert codes("{conv: 8, kernel: 1}", shape="[3, 224, 224]", top="layout: hwc") == {"channels-like-height"}
    assert codes("{conv: 8, kernel: 1}", shape="[224, 224, 3]", top="layout: hwc") == set()


def test_layers_are_unproductive_once_the_smallest_field_covers_the_input() -> None:
    """3×3 on 8×8 pixels: fields 3, 5, 7, 9, so the input of the fifth layer sees all; 1×1 is exempt."""
    plain = [CONV] * 4
    assert "unproductive-layers" not in codes(*plain)
    assert "unproductive-layers" in codes(*plain, CONV)
    assert "unproductive-layers" not in codes(*plain, "{conv: 8, kernel: 1}")
    block = "{add: {main: [{conv: 3, kernel: 3, padding: 1}], skip: []}}"
    assert "unproductive-layers" not in codes(*[block] * 9), "the shortcut passes small fields on"


def test_unused_names() -> None:
    top = "vars: {width: 4, depth: 2}  # depth\nblocks: {a: {layers: [relu]}, b: {layers: [{use: a}]}}"
    problems = found(text("{conv: width, kernel: 1}", top=top))
    unused = {problem.code: problem for problem in problems if problem.code.startswith("unused")}
    assert set(unused) == {"unused-block", "unused-variable"}
    assert "'b'" in unused["unused-block"].message
    assert "'depth'" in unused["unused-variable"].message


def test_a_finding_in_a_repeated_block_is_reported_once() -> None:
    block = f"blocks: {{b: {{layers: [{CONV}, batchnorm]}}}}"
    problems = found(text("{use: b, repeat: 9}", top=block))
    assert [problem.code for problem in problems].count("bias-before-norm") == 1


COMMENTED = """# cnncalc: ignore[{first}]
cnncalc: 1  # cnncalc: ignore[{marked}]
input: [3, 8, 8]
layers:
  - {{conv: 8, kernel: 3, norm: batch}}  # cnncalc: ignore[{line}]
  - {{maxpool: 1}}
"""


@pytest.mark.parametrize(
    ("first", "marked", "line", "left"),
    [
        ("", "", "", {"bias-before-norm", "does-nothing"}),
        ("bias-before-norm", "", "", {"does-nothing"}),
        ("", "bias-before-norm , does-nothing", "", set()),
        ("", "", "does-nothing,bias-before-norm", {"does-nothing"}),
        ("bias-befor-norm", "", "", {"bias-before-norm", "does-nothing", "unknown-rule"}),
        ("budget", "", "", {"bias-before-norm", "does-nothing", "unknown-rule"}),
    ],
)
def test_a_comment_suppresses_a_rule_on_its_line_or_everywhere(
    first: str, marked: str, line: str, left: set[str]
) -> None:
    spec_text = COMMENTED.format(first=first, marked=marked, line=line)
    ignored = Ignored(spec_text)
    remaining = [*ignored.left(found(spec_text)), *ignored.problems]
    assert {problem.code for problem in remaining} - {"no-activation", "odd-channels"} == left


def test_the_place_of_an_unknown_code() -> None:
    (problem,) = Ignored("cnncalc: 1\n  # cnncalc: ignore[does-nothing, no-such]\n").problems
    assert problem.place is not None
    assert (problem.place.line, problem.place.column, problem.place.width) == (2, 35, 7)
