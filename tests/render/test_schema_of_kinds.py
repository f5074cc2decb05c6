"""The JSON Schema of specs agrees with the layer classes, and its patterns with the reader."""

import json
import re
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import analyze, load
from cnncalc.layers import BY_ALIAS, BY_NAME, KINDS, Layer, Merge, example_of, find_kind, options_of
from cnncalc.render.schema import claims as claims_schema
from cnncalc.render.schema import layers as layers_schema
from cnncalc.render.schema import schema
from cnncalc.render.schema import spec as spec_schema
from cnncalc.render.schema.layers import SQUEEZE, word_pattern
from cnncalc.render.schema.values import EXPRESSION, SIZES
from cnncalc.spec.builtin import builtin_blocks
from cnncalc.spec.claims import LIMITS
from cnncalc.spec.document import SECTIONS
from cnncalc.spec.vocabulary import AROUND
from tests.cli.conftest import Run, cnncalc  # noqa: F401 - the fixture
from tests.conftest import examples
from tests.render.validation import complaints, places, validator


@cache
def spec_definitions() -> Any:
    return schema("spec")["$defs"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_option_is_in_it_with_its_meaning_and_default(kind: type[Layer]) -> None:
    definitions = spec_definitions()
    below = [] if issubclass(kind, Merge) else [f"{kind.kind}.options"]
    for place in (kind.kind, f"{kind.kind}.defaults", *below):
        assert set(options_of(kind)) <= set(definitions[place]["properties"])
    assert definitions[kind.kind]["properties"][kind.kind]["description"]
    for name, option in options_of(kind).items():
        found = definitions[f"{kind.kind}.{name}"]
        assert option.meaning in found["description"]
        if option.default is not None:
            assert found["default"] == json.loads(json.dumps(option.default))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_example_of_every_kind_is_valid(kind: type[Layer]) -> None:
    assert places(example_of(kind).line) == []
    assert places(f"{{{kind.kind}: {{no_such_option: 1}}}}") != []


def test_every_key_of_a_spec_has_a_meaning() -> None:
    assert set(spec_schema.MEANINGS) == set(SECTIONS)
    assert set(layers_schema.MEANINGS) == set(AROUND)
    assert set(claims_schema.LIMIT_MEANINGS) == set(LIMITS)
    assert set(SQUEEZE) == set(builtin_blocks()["squeeze_excite"].params)


WORDS = sorted({*BY_NAME, *BY_ALIAS})


SPELT = st.sampled_from(WORDS).flatmap(
    lambda word: st.lists(
        st.sampled_from(["{}", "{}", "{}", "{}_", "-{}", "2d{}", "{}3D", "{}1"]),
        min_size=len(word),
        max_size=len(word),
    ).map(lambda forms: "".join(form.format(sign) for form, sign in zip(forms, word, strict=True)))
)


@settings(max_examples=examples(400), deadline=None)
@given(SPELT, st.booleans())
def test_the_patterns_of_words_agree_with_the_reader(word: str, upper: bool) -> None:
    word = word.upper() if upper else word
    matching = {kind for kind in KINDS if re.search(word_pattern(kind), word)}
    assert matching == {find_kind(word)} - {None}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_words_of_a_kind_name_it_alone(kind: type[Layer]) -> None:
    for word in (kind.kind, *kind.aliases, kind.kind.upper() if "_" not in kind.kind else kind.kind):
        assert [each for each in KINDS if re.search(word_pattern(each), word)] == [find_kind(word)]


@pytest.mark.parametrize(
    "text", ["1:30", "a b", "a =", "* 3", "a[0]", "{a}", "", "a ? b", "no", "Off", "a = 3"]
)
def test_an_invalid_expression_is_refused(text: str) -> None:
    assert not re.search(EXPRESSION, text)


@pytest.mark.parametrize("text", ["3x5", "227×227×3", "3 x 5"])
def test_sizes_are_distinguished_from_products(text: str) -> None:
    assert re.search(SIZES, text)


@settings(deadline=1000)
@given(st.text("ab1(+-* ,.x'", max_size=60))
def test_a_long_expression_is_judged_quickly(text: str) -> None:
    re.search(EXPRESSION, text * 3)


TYPOS = {
    "padding": ("{{conv: 4, kernel: 3, padding: {}}}", ("same", "half", "valid", "causal")),
    "act": ("{{conv: 4, kernel: 3, act: {}}}", ("relu", "silu", "tanh", "hardswish")),
    "norm": ("{{conv: 4, kernel: 3, norm: {}}}", ("batch", "group")),
    "bias": ("{{conv: 4, kernel: 3, bias: {}}}", ("true", "false")),
    "fit": ("{{maxpool: 3, fit: {}}}", ("floor", "ceil", "exact")),
    "gate": ("{{squeeze_excite: 4, gate: {}}}", ("sigmoid",)),
}
MEANT = [
    pytest.param(option, word, marks=[pytest.mark.slow] if at or option not in ("fit", "bias") else [])
    for option, (_, words) in TYPOS.items()
    for at, word in enumerate(words)
]
"""By default the first word of two options."""


def neighbours(word: str) -> set[str]:
    """All words one typo away from a word."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    found = {head + tail[1:] for head, tail in cuts if tail}
    found |= {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    for letter in "aeqxzE":
        found |= {head + letter + tail for head, tail in cuts}
        found |= {head + letter + tail[1:] for head, tail in cuts if tail}
    return found - {word}


@pytest.mark.parametrize(("option", "word"), MEANT)
def test_a_misspelled_word_is_refused(option: str, word: str) -> None:
    line = TYPOS[option][0]
    assert places(line.format(word)) == []
    for typo in sorted(neighbours(word)):
        spec = f"cnncalc: 1\ninput: [3, 32, 32]\nlayers:\n  - {line.format(typo)}\n"
        if not complaints(spec):
            load(spec)  # another known word, or another spelling, is valid


@pytest.mark.parametrize("name", ["p", "pad", "width", "$pad", "k // 2", "kernel", "causal_padding", "$smae"])
@pytest.mark.parametrize("option", ["padding", "bias", "fit"])
def test_the_name_of_a_variable_is_accepted(option: str, name: str) -> None:
    assert places(TYPOS[option][0].format(name)) == []


@pytest.mark.parametrize("name", ["act", "norm", "$act", "nonlinearity", "none", "ReLU", "BatchNorm2d"])
@pytest.mark.parametrize("role", ["act", "norm"])
def test_a_text_parameter_of_a_block_is_accepted(role: str, name: str) -> None:
    other = {"act": "BatchNorm2d", "norm": "ReLU"}[role]
    assert (places(TYPOS[role][0].format(name)) == []) == (name != other)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_the_options_in_a_report_are_those_of_the_kind(kind: type[Layer]) -> None:
    example = example_of(kind)
    report = analyze(f"cnncalc: 1\ninput: {list(example.input)}\nlayers:\n  - {example.line}\n")
    data = report.to_dict()
    layer = next(each for each in data["layers"] if each["kind"] == kind.kind)
    assert set(layer["options"]) == set(options_of(kind))
    assert [error.message for error in validator("report").iter_errors(data)] == []
    layer["options"]["no_such_option"] = 1
    assert not validator("report").is_valid(data)
    del layer["options"]["no_such_option"]
    for name in options_of(kind):
        layer["options"][name], kept = {}, layer["options"][name]
        assert not validator("report").is_valid(data), name
        layer["options"][name] = kept
