"""Every quantity in each place where it is used; reports missing pieces with their file."""

from fractions import Fraction

import pytest

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report, Row
from cnncalc.cli.reading import columns_of
from cnncalc.homework import quantities as answers
from cnncalc.quantities import BY_NAME, FORMER, QUANTITIES, Quantity, used
from cnncalc.render import data
from cnncalc.render.columns import CELLS, COLUMNS, RANKS
from cnncalc.render.schema import report as report_schema
from cnncalc.spec import decode, load, load_source
from cnncalc.spec.claims import QUANTITIES as CLAIMED

OF_CONV1 = {
    "output": (6, 28, 28),
    "size": 28,
    "height": 28,
    "width": 28,
    "length": None,
    "channels": 6,
    "elements": 4704,
    "activations": 4704,
    "input": (1, 32, 32),
    "params": 156,
    "params_with_auxiliary": 61706,
    "weights": 150,
    "biases": 6,
    "trainable": 156,
    "frozen": 0,
    "buffers": 0,
    "macs": 117600,
    "macs_on_padding": 0,
    "flops": 239904,
    "neurons": 4704,
    "adds": 4704,
    "multiplications": 0,
    "comparisons": 0,
    "divisions": 0,
    "exponentials": 0,
    "weighted_connections": 117600,
    "connections": 122304,
    "unshared_params": 122304,
    "dense_params": 4821600,
    "params_per_filter": 26,
    "weights_per_neuron": 25,
    "memory.parameters": 624,
    "memory.buffers": 0,
    "memory.activations": 18816,
    "memory.peak": 22912,
    "memory.inference": 23536,
    "memory.gradients": 624,
    "memory.optimizer_state": 0,
    "memory.kept": 4096,
    "memory.training": 5344,
    "depth": 5,
    "weight_shapes": (6, 1, 5, 5),
    "receptive_field": 5,
    "jump": 1,
    "start": Fraction(2),
    "effective_kernel": 5,
    "padding": 0,
}
"""Each quantity of LeNet-5's first layer: 6 filters of 5×5 on 1×32×32, or of the network."""

EACH = pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.name)
EXACT = ("count", "bytes")


@pytest.fixture(scope="module")
def report() -> Report:
    return analyze(load("lenet5"))


def missing(quantity: Quantity, row: Row) -> list[str]:
    """The pieces that a quantity lacks for its `uses`, each with its file."""
    name, lacks = quantity.name, []
    is_number = quantity.unit in EXACT
    if name not in OF_CONV1:
        lacks.append("OF_CONV1 (tests/test_quantities.py): its value")
    if not quantity.title or not quantity.meaning:
        lacks.append("QUANTITIES (cnncalc/quantities.py): its title and meaning")
    if "column" in quantity.uses and not (is_number and quantity.at) and name not in CELLS:
        lacks.append("CELLS (cnncalc/render/columns.py): how it is printed")
    if "data" in quantity.uses and not is_number:
        if name not in data.VALUES:
            lacks.append("VALUES (cnncalc/render/data.py): its JSON value")
        if name not in report_schema.FORMS:
            lacks.append("FORMS (cnncalc/render/schema/report.py): the schema of its JSON value")
    if "data" in quantity.uses and is_number and not (quantity.at or quantity.in_memory):
        lacks.append("`at` or `in_memory` (cnncalc/quantities.py): where a report holds it")
    if "answer" in quantity.uses and not quantity.at and name not in answers.DERIVED:
        lacks.append("DERIVED (cnncalc/homework/quantities.py): how it follows from a row")
    if "spec" in quantity.uses and is_number and not (quantity.at or quantity.in_memory):
        lacks.append("`at` or `in_memory` (cnncalc/quantities.py): what a claim is compared with")
    return lacks


@EACH
def test_nothing_is_missing(quantity: Quantity, report: Report) -> None:
    assert missing(quantity, report.layer("conv1")) == []


def test_what_is_missing_is_named_with_its_file(report: Report) -> None:
    lacks = missing(Quantity("entropy", "", "", unit="axes"), report.output)
    assert [piece.partition(":")[0] for piece in lacks] == [
        "OF_CONV1 (tests/test_quantities.py)",
        "QUANTITIES (cnncalc/quantities.py)",
        "CELLS (cnncalc/render/columns.py)",
        "VALUES (cnncalc/render/data.py)",
        "FORMS (cnncalc/render/schema/report.py)",
        "DERIVED (cnncalc/homework/quantities.py)",
    ]


@EACH
def test_its_attributes_exist_and_add_up(quantity: Quantity, report: Report) -> None:
    if quantity.of_network:
        assert quantity.number(report) == OF_CONV1[quantity.name]
    elif quantity.at and quantity.unit in EXACT:
        assert quantity.number(report.layer("conv1")) == OF_CONV1[quantity.name]
    if quantity.additive and quantity.at:
        assert quantity.number(report.totals) == sum(map(quantity.number, report.layers))
    if quantity.in_memory:
        assert isinstance(getattr(report.memory, quantity.in_memory), int)


@pytest.mark.parametrize("quantity", used("answer"), ids=lambda quantity: quantity.name)
def test_an_answer_is_compared_with_it(quantity: Quantity, report: Report) -> None:
    asked = answers.QUANTITIES[quantity.name]
    found = asked.of(report.layer("conv1"))
    assert (found.dims() if hasattr(found, "dims") else found) == OF_CONV1[quantity.name]
    for word in (quantity.name, *quantity.aliases, *quantity.words.split()):
        assert answers.quantity_of(word) == (asked, ""), word


@pytest.mark.parametrize("quantity", used("spec"), ids=lambda quantity: quantity.name)
@pytest.mark.parametrize("at", ["the network", "a layer"])
def test_a_spec_may_expect_it_under_any_of_its_names(quantity: Quantity, at: str) -> None:
    value = OF_CONV1[quantity.name]
    if at == "a layer" and quantity.of_network:
        return
    for name in (quantity.name, *quantity.aliases):
        claim = f"{name}: {list(value) if isinstance(value, tuple) else value}"
        line = claim if at == "the network" else f"layers: {{conv1: {{{claim}}}}}"
        text = f"cnncalc: 1\ninput: [1, 32, 32]\nlayers: [{{conv: 6, kernel: 5}}]\nexpect: {{{line}}}\n"
        assert [each.quantity for each in load_source(decode(text.encode(), "spec")).claims] == [
            quantity.name
        ]


def test_the_lists_are_those_of_the_table() -> None:
    assert tuple(quantity.name for quantity in used("spec")) == CLAIMED
    assert [name for name in COLUMNS if name in BY_NAME] == [each.name for each in used("column")]
    assert list(answers.QUANTITIES) == [each.name for each in used("answer")]
    assert {*data.of_layers(), *data.of_totals()} == {*used("data")}


def test_no_table_has_a_quantity_that_does_not_exist() -> None:
    for names in (OF_CONV1, CELLS, RANKS, data.VALUES, report_schema.FORMS, answers.DERIVED):
        assert set(names) <= set(BY_NAME)


def test_no_name_means_two_quantities() -> None:
    names = [name for each in QUANTITIES for name in (each.name, *each.aliases, *each.words.split())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name, now in FORMER.items() if now in COLUMNS])
def test_a_column_is_found_by_its_former_name(name: str) -> None:
    assert columns_of(name) == (COLUMNS[FORMER[name]],)
