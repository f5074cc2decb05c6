"""The contract of every kind: its documentation, a working example, its names in other libraries."""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Annotated, get_args

import pytest

from cnncalc import load
from cnncalc.graph import Node
from cnncalc.layers import KINDS, Layer, example_of, find_kind, options_of, shortest_line
from cnncalc.layers.base import Count, Elementwise, Example, Family, Operations, called, each, says
from cnncalc.shapes import Shape

LIBRARIES = {"PyTorch", "Keras", "ONNX"}
LONGEST = 100


def name_of(kind: type[Layer]) -> str:
    return kind.kind


def example_node(kind: type[Layer]) -> Node:
    """The only layer of the kind's example."""
    example = example_of(kind)
    spec = load(f"cnncalc: 1\ninput: {list(example.input)}\nlayers:\n  - {example.line}\n")
    (node,) = spec.graph.layers
    return node


def says_what_it_is(kind: type[Layer]) -> None:
    summary = (vars(kind).get("__doc__") or "").partition("\n")[0]
    assert summary.endswith("."), "the docstring's first line is a sentence"
    assert len(summary) <= LONGEST
    details = (kind.__doc__ or "").split("\n")[1:2]
    assert not any(details), "an empty line stands behind the sentence"


def has_a_family(kind: type[Layer]) -> None:
    assert kind.family in get_args(Family)


def explains_its_options(kind: type[Layer]) -> None:
    for option in options_of(kind).values():
        assert option.meaning, f"{option.name} has no says(…)"
        assert option.expected not in ("", "one of "), f"{option.name} has no expected(…)"
    assert not kind.main or kind.main in options_of(kind)


def has_an_example(kind: type[Layer]) -> None:
    assert type(example_node(kind).layer) is kind


def counts(kind: type[Layer]) -> None:
    node = example_node(kind)
    for dims in node.layer.weights(*node.reads).values():
        assert all(size > 0 for size in dims)
    for working in node.layer.operations(*node.reads).values():
        assert working.value > 0
        assert set(working.values) == set(working.formula.meanings)
        assert all(working.formula.meanings.values())


def says_its_names_elsewhere(kind: type[Layer]) -> None:
    assert "elsewhere" in vars(kind), "elsewhere = called(…), empty where no library has it"
    assert set(kind.elsewhere) <= LIBRARIES


CONTRACT: tuple[Callable[[type[Layer]], None], ...] = (
    says_what_it_is,
    has_a_family,
    explains_its_options,
    has_an_example,
    counts,
    says_its_names_elsewhere,
)


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
@pytest.mark.parametrize("clause", CONTRACT)
def test_every_kind_keeps_the_contract(clause: Callable[[type[Layer]], None], kind: type[Layer]) -> None:
    clause(kind)


class Good(Elementwise, frozen=True):
    """A valid kind."""

    kind = "relu"
    elsewhere = called()

    times: Annotated[Count, says("how often")] = 1

    def operations(self, x: Shape) -> Operations:
        return each(x.size, comparisons=self.times)


class Undocumented(Good, frozen=True):
    kind = "undocumented"
    elsewhere = called()


class Rambling(Good, frozen=True):
    """A sentence that does not end on its first line, because it has so much to say about
    everything.
    """

    kind = "rambling"


class Unexplained(Good, frozen=True):
    """A kind with an option without a meaning."""

    kind = "unexplained"

    switch: bool = False


class WithoutExample(Good, frozen=True):
    """A kind whose example is of another kind."""

    kind = "without_example"
    example = Example("relu")


class Uncounted(Elementwise, frozen=True):
    """A kind without operations."""

    kind = "relu"


@pytest.mark.parametrize(
    ("kind", "clause"),
    [
        (Undocumented, says_what_it_is),
        (Rambling, says_what_it_is),
        (Unexplained, explains_its_options),
        (WithoutExample, has_an_example),
        (Rambling, says_its_names_elsewhere),
    ],
    ids=lambda value: value.__name__,
)
def test_a_kind_that_breaks_the_contract_fails(
    kind: type[Layer], clause: Callable[[type[Layer]], None]
) -> None:
    with pytest.raises(AssertionError):
        clause(kind)


def test_a_kind_that_keeps_it_passes() -> None:
    for clause in (says_what_it_is, explains_its_options, says_its_names_elsewhere):
        clause(Good)


def test_a_kind_without_a_rule_is_no_kind() -> None:
    for rule in (Layer.output, Layer.windows, Layer.weights, Layer.operations, Uncounted.operations):
        with pytest.raises(NotImplementedError):
            rule(Uncounted(), Shape(1))


def test_names_and_aliases_are_unique() -> None:
    names = [kind.kind for kind in KINDS]
    aliases = [alias for kind in KINDS for alias in kind.aliases]
    assert len(set(names)) == len(names)
    assert len(set(aliases)) == len(aliases)


def test_no_alias_is_another_kinds_name() -> None:
    plain = {kind.kind.replace("_", ""): kind for kind in KINDS}
    assert len(plain) == len(KINDS)
    for kind in KINDS:
        for alias in kind.aliases:
            assert alias == alias.lower().replace("_", "").replace("-", "")
            assert plain.get(alias, kind) is kind
            assert find_kind(alias) is kind


def plain_names(kind: type[Layer]) -> list[str]:
    """The kind's names in other libraries, without modules and arguments."""
    return [name.partition(",")[0].rpartition(".")[2] for name in kind.elsewhere.values() if "," not in name]


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_a_library_s_word_means_no_other_kind_in_a_spec(kind: type[Layer]) -> None:
    for name in plain_names(kind):
        assert find_kind(name) in (kind, None), name


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
@pytest.mark.crosscheck
def test_pytorch_names_exist(kind: type[Layer]) -> None:
    if "PyTorch" in kind.elsewhere:
        module, _, name = kind.elsewhere["PyTorch"].partition(",")[0].rpartition(".")
        assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("relu", "relu"),
        ("conv", "{conv: 3, kernel: 3}"),
        ("depthwise", "{depthwise: 3}"),
        ("slice", "{slice: [1, 2]}"),
        ("sparse_conv", "{sparse_conv: [[0, 1], [1, 2]], kernel: 3}"),
        ("concat", "{concat: [input, prev]}"),
    ],
)
def test_the_shortest_line_gives_what_is_required(kind: str, line: str) -> None:
    found = find_kind(kind)
    assert found
    assert shortest_line(found) == line


@pytest.mark.parametrize("kind", KINDS, ids=name_of)
def test_a_line_names_no_option_that_there_is_not(kind: type[Layer]) -> None:
    named = re.findall(r"(\w+):", example_of(kind).line)
    assert set(named) <= {kind.kind, *options_of(kind)}
