"""Builds small specs for the tests of the spec language."""

import pytest

import cnncalc
from cnncalc import Graph, Node, Spec, SpecError
from cnncalc.spec import Settings


def text(*layers: str, shape: str = "[3, 8, 8]", top: str = "") -> str:
    """The text of a spec; each of `layers` is one item of its list, `top` has further sections."""
    items = "".join(f"  - {layer}\n" for layer in (layer.replace("\n", "\n    ") for layer in layers))
    return f"cnncalc: 1\ninput: {shape}\n{top}\nlayers:\n{items}"


def spec(
    *layers: str,
    shape: str = "[3, 8, 8]",
    top: str = "",
    set: Settings | None = None,
    input: str | None = None,
) -> Spec:
    """The spec, loaded."""
    return cnncalc.load(text(*layers, shape=shape, top=top), set=set, input=input)


def graph(*layers: str, shape: str = "[3, 8, 8]", top: str = "", set: Settings | None = None) -> Graph:
    """The network of a spec."""
    return spec(*layers, shape=shape, top=top, set=set).graph


def output(
    *layers: str, shape: str = "[3, 8, 8]", top: str = "", set: Settings | None = None
) -> tuple[int, ...]:
    """The output shape, channels first."""
    built = graph(*layers, shape=shape, top=top, set=set)
    return built.nodes[built.output].shape.dims()


def names(*layers: str, shape: str = "[3, 8, 8]", top: str = "") -> list[str]:
    """The names of all layers in network order."""
    return [node.name for node in graph(*layers, shape=shape, top=top).layers]


def codes(
    *layers: str,
    shape: str = "[3, 8, 8]",
    top: str = "",
    set: Settings | None = None,
    input: str | None = None,
) -> list[str]:
    """The codes of the errors of an invalid spec, at least one."""
    with pytest.raises(SpecError) as caught:
        spec(*layers, shape=shape, top=top, set=set, input=input)
    assert caught.value.problems, "refused without a problem"
    return [problem.code for problem in caught.value.problems]


def node(built: Graph, name: str) -> Node:
    """The layer with a name."""
    (found,) = [each for each in built.layers if each.name == name]
    return found


def reads(built: Graph, name: str) -> list[str]:
    """The names of a layer's inputs."""
    return [built.nodes[index].name for index in node(built, name).inputs]
