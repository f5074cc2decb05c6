"""Explained numbers equal reported numbers, for every kind of layer and whole networks."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import Explained, Report
from cnncalc.analysis.field import FIELD_SIZE, FIELD_START
from cnncalc.analysis.report import Row
from cnncalc.choices import NotationName
from cnncalc.homework.explain.notation import MEANINGS, NAMES, NOTATIONS, sized
from cnncalc.layers import KINDS, Layer, example_of
from cnncalc.layers.convolution import CONV_MACS
from cnncalc.layers.tensors import AXIS_OF
from cnncalc.render.explain import explained_latex, explained_markdown
from cnncalc.window import (
    OUTPUT_SIZE,
    OUTPUT_SIZE_CEIL,
    SAME_PADDING,
    TRANSPOSED_SIZE,
    TransposedWindow,
    Window,
)
from tests.analysis.written import report_of
from tests.conftest import bundled

NETWORKS = ("alexnet", "lenet5_1998", "googlenet", "resnet50", "mobilenet_v2", "unet", "enet")
SHARED = """cnncalc: 1
input: [3, 16, 16]
layers:
  - {conv: 3, kernel: 3, padding: 1, name: a}
  - {conv: 3, kernel: 3, padding: 1, name: b, share: a}
  - {batchnorm: , freeze: true}
"""


def name_of(kind: type[Layer]) -> str:
    return kind.kind


def report_of_kind(kind: type[Layer], batch: int = 1) -> Report:
    """The report of a kind's example."""
    example = example_of(kind)
    text = f"cnncalc: 1\ninput: {list(example.input)}\nlayers:\n  - {example.line}\n"
    return cnncalc.analyze(cnncalc.load(text), batch=batch)


def reported(row: Row, report: Report) -> dict[str, object]:
    """The numbers of a layer by quantity name."""
    costs, found = row.costs, row.connections
    return {
        "output": row.output.dims(report.layout),
        "weights": row.params.weights,
        "biases": row.params.biases,
        "params": row.params.total,
        "buffers": row.buffers,
        "flops": row.flops,
        **{name: getattr(costs, name) for name in costs.there},
        "elements": row.output.size,
        "neurons": row.neurons,
        "connections": found.biased,
        "unshared_params": found.unshared,
        "dense_params": found.full,
        "memory.activations": row.activation,
        "receptive_field": row.field.size,
    }


def check(report: Report, row: Row, explained: Explained) -> None:
    """Check that every explained number is the reported one and the result of its formulas."""
    numbers = reported(row, report)
    for name, quantity in explained.quantities.items():
        if name in numbers:
            assert quantity.value == numbers[name], name
    for name, number in numbers.items():
        assert name in explained.quantities or number == 0, f"{name} is not explained"
    derived = ("flops", "elements", "neurons", "connections", "unshared_params", "dense_params")
    for name in (*derived, "memory.activations"):
        if name in explained.quantities and explained[name].lines:
            assert explained[name].lines[-1].working.value == numbers[name]
    for name in row.costs.there:
        assert explained[name].lines[-1].working.value == numbers[name]
    check_weights(row, explained)
    check_sizes(row, explained)
    check_field(row, explained)


def check_weights(row: Row, explained: Explained) -> None:
    for name in ("weights", "biases"):
        if name in explained.quantities and not row.shares:
            total = sum(line.working.value for line in explained[name].lines)
            assert total == explained[name].value
    if len(explained["params"].lines) > 1 and not row.shares:
        assert explained["params"].lines[-1].working.value == row.params.total
    if "params_per_filter" in explained.quantities and not row.shares:
        assert explained.value("params_per_filter") == row.params.total // row.weights["weight"][0]
        assert explained.value("weights_per_neuron") == row.connections.weighted // row.neurons


def check_sizes(row: Row, explained: Explained) -> None:
    axes = dict(zip(row.output.axes, row.output.spatial, strict=True))
    dropped = any("one less" in note for note in explained["output"].notes)
    for line in explained["output"].lines:
        if line.title in ("channels", "length") and line.title not in axes:
            assert line.working.value == row.output.channels
        elif not dropped:
            assert {axes[name] for name in line.title.split(" and ")} == {line.working.value}


def check_field(row: Row, explained: Explained) -> None:
    for trace in explained["receptive_field"].traces:
        last = trace.steps[-1]
        if row.field.size is not None and not row.field.rearranged:
            at = trace.axes[0]
            index = ("depth", "height", "width")[-len(row.field.size) :].index(at) if at != "length" else 0
            assert last.size == row.field.size[index]
        for step in trace.steps:
            for working, number in (
                (step.growth, step.size),
                (step.pace, step.jump),
                (step.centre, step.start),
            ):
                assert working is None or working.exact == number


@pytest.mark.parametrize("notation", NAMES)
@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_every_kind_is_explained(kind: type[Layer], notation: NotationName) -> None:
    report = report_of_kind(kind)
    (row,) = (row for row in report.layers if row.kind == kind.kind)
    check(report, row, cnncalc.explain(report, row.name, notation=notation))


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_a_batch_is_explained(kind: type[Layer]) -> None:
    report = report_of_kind(kind, batch=10)
    (row,) = (row for row in report.layers if row.kind == kind.kind)
    check(report, row, cnncalc.explain(report, row.name))


@pytest.mark.parametrize("name", bundled(NETWORKS))
def test_every_layer_of_a_network_is_explained(name: str) -> None:
    report = cnncalc.analyze(cnncalc.load(name))
    parts = {part.name: part for part in cnncalc.explain(report).parts}
    for row in report.layers:
        check(report, row, parts[row.name])
        if report.layer(row.name).layer is not None:  # a merge and its branches share a name
            check(report, row, cnncalc.explain(report, row.name))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_totals_are_those_of_the_report(name: str) -> None:
    report = cnncalc.analyze(cnncalc.load(name))
    whole, totals = cnncalc.explain(report), report.totals
    expected = {
        "params": totals.params.total,
        "weights": totals.params.weights,
        "biases": totals.params.biases,
        "trainable": totals.params.trainable,
        "buffers": totals.buffers,
        "macs": totals.macs,
        "flops": totals.flops,
        "neurons": totals.neurons,
        "connections": totals.connections.biased,
        "memory.activations": report.memory.activations,
    }
    for quantity, number in expected.items():
        found = whole.quantities.get(quantity)
        assert (found.value if found else 0) == number, quantity
        assert found is None or sum(term.value for term in found.terms) == number
    assert [part.name for part in whole.parts] == [row.name for row in report.layers]


@pytest.mark.parametrize("block", ["stage2", "stage2.0", "stage2.0.add.shortcut"])
def test_a_block_is_the_sum_of_its_layers(block: str) -> None:
    report = cnncalc.analyze(cnncalc.load("resnet50"))
    folded, explained = report.layer(block), cnncalc.explain(report, block)
    for name, number in reported(folded, report).items():
        if name != "elements":  # a block's is the sum over its layers
            assert name not in explained.quantities or explained.value(name) == number


def test_a_merge_explains_its_channels() -> None:
    output = cnncalc.explain("googlenet", "inc3a.concat")["output"]
    assert [str(line.working) for line in output.lines] == ["64 + 128 + 32 + 32 = 256"]


def test_plain_windows_always_have_a_formula_for_the_field() -> None:
    for name in ("alexnet", "vgg16", "resnet50", "mobilenet_v2"):
        report = cnncalc.analyze(cnncalc.load(name))
        last = [row for row in report.layers if not row.field.is_global][-1]
        (trace,) = cnncalc.explain(report, last.name)["receptive_field"].traces
        for step in trace.steps[1:]:
            assert (step.growth and step.pace and step.centre) or step.says.startswith("the union of")


def test_the_field_through_a_transposed_convolution_is_as_reported() -> None:
    report = report_of(["{conv_transpose: 4, kernel: 4, stride: 2, padding: 1}", "{conv: 4, kernel: 3}"])
    (trace,) = cnncalc.explain(report, "conv1")["receptive_field"].traces
    assert [str(step.pace) for step in trace.steps[1:]] == ["1·1/2 = 1/2", "1/2·1 = 1/2"]
    assert [step.size for step in trace.steps] == [1, 2, 3]


def test_shared_and_frozen_weights_are_noted() -> None:
    report = cnncalc.analyze(cnncalc.load(SHARED))
    shared = cnncalc.explain(report, "b")
    assert shared.value("params") == 0
    assert shared["params"].notes == ("shared with a and counted there",)
    assert "frozen: not trained" in cnncalc.explain(report, "batchnorm1")["params"].notes


def test_the_input_is_explained() -> None:
    entry = cnncalc.explain(cnncalc.calc("28x28x256"), "input")
    assert (entry.value("elements"), entry.value("memory.activations")) == (200704, 802816)
    assert "784 KiB (binary)" in entry["memory.activations"].notes[0]


def test_a_stride_that_does_not_divide_evenly_is_explained() -> None:
    fit = cnncalc.explain(cnncalc.calc("7x7x1", "conv: 1, kernel: 3, stride: 3"), "conv1")["fit"]
    assert fit.value == (Fraction(7, 3), Fraction(7, 3))
    assert fit.notes == (
        "height and width: the stride does not divide evenly: 7/3 = 2.333 windows",
        "`fit: floor` gives 2 and leaves 1 position at the end unread",
        "`fit: ceil` gives 3: the last window extends past the end",
        "`fit: exact` reports an error",
    )


@given(
    st.integers(1, 60),
    st.integers(1, 7),
    st.integers(1, 5),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 3),
)
@settings(deadline=None)
def test_every_notation_gives_the_size(n: int, k: int, s: int, before: int, after: int, d: int) -> None:
    for fit in ("floor", "ceil"):
        window = Window(k, s, d, before, after, fit)
        if window.working(n).value < 1:
            continue
        for name in NAMES:
            shown = sized(NOTATIONS[name], window, n)
            assert shown is not None
            assert shown.value == window.working(n).value
            assert shown.formula not in (OUTPUT_SIZE, OUTPUT_SIZE_CEIL), "the notation has its own form"
    transposed = TransposedWindow(k, s, d, before, after)
    for name in NAMES:
        shown = sized(NOTATIONS[name], transposed, n)
        assert shown is not None
        assert shown.value == transposed.working(n).value
        assert shown.formula is not TRANSPOSED_SIZE


def test_letters_belong_to_meanings_of_formulas() -> None:
    formulas = (TRANSPOSED_SIZE, SAME_PADDING, FIELD_SIZE, FIELD_START, CONV_MACS)
    known = {
        *MEANINGS.values(),
        *AXIS_OF,
        *(each for formula in formulas for each in formula.meanings.values()),
    }
    for name, notation in NOTATIONS.items():
        assert set(notation.letters) <= {*known, *MEANINGS.values(), *AXIS_OF}, name


SHAPES: list[tuple[NotationName, str, str]] = [
    ("cnncalc", "conv: 4, kernel: 3, stride: 2, padding: 1", "⌊(n + 2·p − k)/s⌋ + 1"),
    ("cnncalc", "conv: 4, kernel: 3, dilation: 2", "⌊(n + 2·p − d·(k − 1) − 1)/s⌋ + 1"),
    ("cnncalc", "conv: 4, kernel: 4, padding: same", "⌊(n + b + c − k)/s⌋ + 1"),
    ("pytorch", "conv: 4, kernel: 3", "⌊(L_in + 2·padding − dilation·(kernel_size − 1) − 1)/stride + 1⌋"),
    ("cs231n", "conv: 4, kernel: 3, stride: 2", "(W_1 − F + 2·P)/S + 1"),
    ("cs231n", "conv: 4, kernel: 4, stride: 2", "⌊(W_1 − F + 2·P)/S⌋ + 1"),
    ("ng", "conv: 4, kernel: 3, stride: 2, padding: 1", "⌊(n + 2·p − f)/s⌋ + 1"),
    ("uio", "conv: 4, kernel: 3, stride: 2", "(N^i − F + 2·P)/S + 1"),
    ("uio", "conv: 4, kernel: 3, dilation: 2", "(N^i − F' + 2·P)/S + 1"),
    ("dumoulin", "conv: 4, kernel: 3", "i − k + 1"),
    ("dumoulin", "conv: 4, kernel: 3, padding: 1", "i + 2·p − k + 1"),
    ("dumoulin", "maxpool: 2, stride: 2", "⌊(i − k)/s⌋ + 1"),
    ("dumoulin", "conv_transpose: 4, kernel: 3, stride: 2", "(i − 1)·s + k"),
    (
        "dumoulin",
        "conv_transpose: 4, kernel: 3, stride: 2, padding: 1, output_padding: 1",
        "(i − 1)·s − 2·p + k + a",
    ),
]


@pytest.mark.parametrize(("notation", "layer", "formula"), SHAPES)
def test_how_each_notation_writes_the_size(notation: NotationName, layer: str, formula: str) -> None:
    report = cnncalc.calc("33x33x4", layer)
    line = cnncalc.explain(report, report.output.name, notation=notation)["output"].lines[0]
    assert line.working.typeset() == formula


@pytest.mark.parametrize("notation", NAMES)
@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_letters_are_distinct_and_formulas_are_well_formed(kind: type[Layer], notation: NotationName) -> None:
    report = report_of_kind(kind)
    explained = cnncalc.explain(report, report.layers[-1].name, notation=notation)
    for quantity in explained.quantities.values():
        for line in quantity.lines:
            values: dict[str, object] = {}
            for variable, value in line.working.values.items():
                name = line.working.names.get(variable, variable)
                assert values.setdefault(name, value) == value, f"two meanings of {name}"
    is_balanced(explained_latex(explained, ()))
    for formula in re.findall(r"```math\n(.*?)\n```", explained_markdown(explained, ()), re.DOTALL):
        is_balanced(formula)


def is_balanced(latex: str) -> None:
    """Check that braces, `\\left` and `\\right`, environments and displays are closed, in ASCII."""
    bare = re.sub(r"\\[{}$&%#_]", "", latex)
    assert bare.count("{") == bare.count("}")
    depth = 0
    for sign in bare:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert latex.count(r"\left") - latex.count(r"\leftarrow") == latex.count(r"\right")
    assert latex.count(r"\[") == latex.count(r"\]")
    assert sorted(re.findall(r"\\begin\{(\w+)", latex)) == sorted(re.findall(r"\\end\{(\w+)", latex))
    assert bare.count("$") % 2 == 0
    assert latex.isascii() or not set(latex) & set("×−·⌊⌋⌈⌉√→ᵀ…"), "a character that LaTeX cannot print"


def test_unknown_names_are_key_errors() -> None:
    with pytest.raises(KeyError):
        cnncalc.explain("lenet5", "conv9")
    with pytest.raises(KeyError):
        cnncalc.explain("lenet5", "conv1").value("nothing")
