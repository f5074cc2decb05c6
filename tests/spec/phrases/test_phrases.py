"""Phrases: real questions as they are typed, code and course notation; each echoes the line understood."""

from contextlib import suppress
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import cnncalc
from cnncalc import Report, SpecError
from cnncalc.analysis.any_size import any_size
from cnncalc.homework.calc import calc
from cnncalc.layers import BY_NAME, options_of
from cnncalc.problems import one_line
from cnncalc.spec.phrases import PhraseError, understood
from cnncalc.spec.phrases.signatures import SIGNATURES
from cnncalc.spec.phrases.words import COUNTED, OTHER_KINDS, POOLS, SETS, TAKES
from cnncalc.spec.typed import spec_of, typed
from cnncalc.spec.vocabulary import AROUND
from tests.spec.phrases.phrasings import OF_ANY_SIZE, PHRASINGS, Phrasing

SECONDS = 5
"""In which the longest texts are read, on a slow machine."""


def known(report: Report, phrasing: Phrasing) -> dict[str, object]:
    """What is known of a phrasing, as counted."""
    found = {
        "output": report.output.output.dims(report.layout),
        "params": report.totals.params.total,
        "macs": report.totals.macs,
        "field": (report.output.field.size or (0,))[0],
    }
    return {name: value for name, value in found.items() if getattr(phrasing, name) not in (None, ())}


@pytest.mark.parametrize("phrasing", PHRASINGS, ids=lambda phrasing: " ".join(phrasing.arguments)[:60])
def test_a_phrasing_means_these_lines(phrasing: Phrasing) -> None:
    report = cnncalc.calc(*phrasing.arguments)
    echoed = [problem.message for problem in report.findings if problem.code == "read-as"]
    assert [line.strip("{}") for line in echoed] == list(phrasing.lines)
    assert known(report, phrasing) == {name: getattr(phrasing, name) for name in known(report, phrasing)}


@pytest.mark.parametrize("phrasing", OF_ANY_SIZE, ids=lambda phrasing: " ".join(phrasing.arguments)[:60])
def test_a_phrasing_without_a_size(phrasing: Phrasing) -> None:
    text, *layers = phrasing.arguments
    given = typed(text, tuple(layers))
    found = any_size(spec_of(given), given.input.variable, given.input.names).symbolic
    assert given.layers == phrasing.lines
    assert all(known(report, phrasing) == known(found.reports[0], phrasing) for report in found.reports)
    assert known(found.reports[0], phrasing).items() <= {
        "params": phrasing.params, "field": phrasing.field
    }.items()  # fmt: skip


def test_there_are_eighty_phrasings() -> None:
    assert len(PHRASINGS) >= 80


@pytest.mark.parametrize("phrasing", PHRASINGS, ids=lambda phrasing: " ".join(phrasing.arguments)[:60])
def test_the_echoed_lines_are_a_spec_with_the_same_numbers(phrasing: Phrasing) -> None:
    report = cnncalc.calc(*phrasing.arguments)
    dims = list(report.input.dims(report.layout))
    layers = [f"{{{line}}}" if ":" in line else line for line in phrasing.lines]
    text = f"cnncalc: 1\nlayout: {report.layout}\ninput: {dims}\nlayers: [{', '.join(layers)}]\n"
    assert cnncalc.analyze(text, batch=report.batch).totals == report.totals


def test_each_echo_is_shown_and_is_a_note_in_the_report() -> None:
    report = cnncalc.calc("9x9x3", "relu", "3x3 pooling, stride 2")
    echoed = [(each.message, each.hint, each.level) for each in report.findings if each.code == "read-as"]
    assert echoed == [
        ("relu", "", "note"),
        (
            "{maxpool: 3, stride: 2}",
            "read as max pooling; average pooling has the same sizes",
            "note",
        ),
    ]
    assert "  - {maxpool: 3, stride: 2}  # read as max pooling" in str(report)


def test_lines_of_a_spec_are_not_echoed() -> None:
    report = cnncalc.calc("9x9x3", "conv: 8, kernel: 3", "relu", "{maxpool: 2}")
    assert not [each for each in report.findings if each.code == "read-as"]


# text, what is wrong, the words it points at, the fix
WRONG = [
    ("conv 5x5x10",
     "'5x5x10' has two readings: 10 filters of 5x5, or filters that are 10 deep", "5x5x10",
     "write '10 filters of 5x5', or the number of filters too"),
    ("64 3x3 convolutions", "'64 … convolutions' has two readings: 64 filters, or 64 layers", "64",
     "write '64 filters', or add 'repeat 64'"),
    ("zero padded 3x3 conv", "how much padding?", "zero", "write 'padding 1', 'same' or 'no padding'"),
    ("8 filters, wobbly", "'wobbly' is not understood", "wobbly", "leave out what is not about the layer"),
    ("8 filtres 3x3", "'filtres' is not understood", "filtres", "did you mean 'filters'?"),
    ("8 filters 3x3, stride -1", "expected a number of at least 0, found '-1'", "-1", ""),
    ("8 filters 3x3, stride", "expected a number after 'stride'", "stride", "such as stride 2"),
    ("8 filters 3x3, stride 1, stride 2", "two values of stride for one layer: 1 and 2", "2", ""),
    ("max pool, stride 2", "maxpool lacks its kernel size", "max pool, stride 2", "such as 'maxpool 2x2'"),
    ("relu 3x3", "relu has no kernel", "3x3", "write one layer after the other"),
    ("conv 10 5", "10 and 5: which is which?", "5",
     "name the numbers, such as '64 filters of 3x3' or 'kernel 3, stride 2'"),
    ("Conv2d(16, 5)", "Conv2d lacks the kernel size", "Conv2d(16, 5)",
     "PyTorch reads Conv2d(in, filters, kernel, stride, padding, dilation, groups, bias)"),
    ("Conv2d(3, hidden, 3)", "expected a number for filters, found 'hidden'", "hidden",
     "write the number itself"),
    ("Conv2d(3, 64, 3, strid=2)", "unknown argument 'strid' of Conv2d", "2", "did you mean 'stride'?"),
    ("Conv2d(3, 64, 3, kernel_size=3)", "kernel_size of Conv2d is given twice", "3", ""),
    ("Dense(10, 'relu', True, 5, 6)", "Dense takes at most 3 arguments without a name", "5",
     "Keras reads Dense(units, act, bias)"),
    ("3x3 conv 3->128 producing 256x256", "'producing' is not understood", "producing",
     "layers are counted from the input: write its size, then the layer with its padding"),
    ("conv 8 3x3, batch 10", "'batch' is not understood", "batch",
     "write the batch as an option, such as --batch 10"),
    ("dropout ?%", "expected a number before '%'", "%", "such as dropout 50%"),
    ("5x5 conv 8 -> FC", "dense lacks its number of units", "FC",
     "such as 'dense 10'; for the size of its input alone write 'flatten'"),
    ("Conv2d(3, 64", "a bracket is not closed", "(", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "words", "hint"), WRONG)
def test_what_is_not_understood_is_pointed_at(text: str, message: str, words: str, hint: str) -> None:
    with pytest.raises(PhraseError) as caught:
        understood(text)
    error = caught.value
    assert (error.message, error.hint) == (message, hint)
    assert text[error.offset : error.offset + error.width] == words


# a whole question, what is wrong, the words it points at, a part of the fix
QUESTIONS = [
    ("64x64x16 input: parameters of ONE 1x1 filter?", "'parameters' is not understood", "parameters", ""),
    ("32x32x3, 8 3x3 filters: what is its size with stride 2?", "'what' is not understood", "what", ""),
    ("28x28x16: how many parameters?", "no layer is understood", "how many parameters?",
     "write the layer before the question"),
    ("AlexNet conv1: neurons in first conv layer", "conv lacks its kernel size", "AlexNet conv1",
     "`cnncalc show alexnet`"),
    ("VGG16 total params", "'total' is not understood", "total", "`cnncalc show vgg16`"),
    ("LeNet-5, 5x5 conv 6", "the size of the input is missing", "LeNet-5, 5x5 conv 6", "?x?x3"),
    ("ResNet50, 7x7 conv 64 stride 2", "the size of the input is missing",
     "ResNet50, 7x7 conv 64 stride 2", "?x?x3"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "words", "hint"), QUESTIONS)
def test_a_question_is_never_answered_without_its_layers(
    text: str, message: str, words: str, hint: str
) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.calc(text)
    problem = caught.value.problems[0]
    assert problem.place
    at = problem.place.column - 1
    assert (problem.message, text[at : at + problem.place.width]) == (message, words)
    assert hint in problem.hint


def test_a_question_about_the_input_alone_has_an_answer() -> None:
    assert calc("28x28x256: memory in KB?").memory.peak == 28 * 28 * 256 * 4


def test_padding_that_is_left_open_has_two_readings() -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.calc("32x32x3", "relu", "CONV5-10")
    assert one_line(caught.value.problems[0], caught.value.source) == (
        "the arguments:3:1: error: 'CONV5-10' has two readings: no padding, or padding that keeps the size; "
        "choose with --assume valid or --assume same [two-readings]"
    )
    for assume, size in (("same", 32), ("valid", 28)):
        assert calc("32x32x3", "CONV5-10", assume=assume).output.output.spatial == (size, size)


@pytest.mark.parametrize("text", ["CONV1-64", "CONV3-64 p1", "CONV3-64 valid", "conv3-64, same"])
def test_padding_that_is_said_or_makes_no_difference_is_not_open(text: str) -> None:
    assert not understood(text).items[0].is_padding_open


@pytest.mark.parametrize("name", SIGNATURES)
def test_signatures_name_options_of_their_kinds(name: str) -> None:
    signature = SIGNATURES[name]
    kind = BY_NAME.get(signature.kind)
    options = {*signature.parameters, *signature.renamed.values(), *signature.defaults} - {"-"}
    assert options <= {*(options_of(kind) if kind else ()), *AROUND}


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused_with_a_place(text: str) -> None:
    offset = 0
    try:
        understood(text, has_input=False)
    except PhraseError as error:
        offset = error.offset
    assert 0 <= offset <= len(text)


WORDS = [
    *TAKES,
    *COUNTED,
    *SETS,
    *OTHER_KINDS,
    *POOLS,
    "conv",
    "relu",
    "fc",
    "of",
    "3",
    "3x3",
    "64",
    ",",
    "->",
    "@",
    "-",
    "=",
]


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_words_are_layers_or_an_error(words: list[str]) -> None:
    lines = {2}
    try:
        lines = {row.line for row in cnncalc.calc("9x9x3", " ".join(words)).layers}
    except SpecError as error:
        lines = {problem.place.line for problem in error.problems if problem.place}
    assert lines <= {1, 2}
    assert lines


@pytest.mark.parametrize(
    "text",
    [
        "8 filters 3x3, " * 1300,
        "conv " * 4000,
        "3x3 " * 5000,
        "(" * 20000,
        "Conv2d(" * 2800,
        "k3s2p1" * 3300,
        "-" * 20000,
    ],
)
def test_long_text_is_read_in_bounded_time(text: str) -> None:
    start = perf_counter()
    with suppress(PhraseError):
        understood(text)
    assert perf_counter() - start < SECONDS
