"""The first lines of a spec: what it is, and its inputs."""

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from cnncalc.interchange.network import ModelGraph
from cnncalc.layers.base import Dims


class SpecText(Struct, frozen=True):
    """A written spec: its text without `expect`, the network that it has, and its nodes in written order."""

    text: str
    network: ModelGraph
    nodes: tuple[int, ...]


def head(network: ModelGraph) -> Iterator[str]:
    """The lines above the layers."""
    yield "cnncalc: 1"
    yield f"name: {_scalar(network.name)}"
    if network.source:
        yield f"source: {_scalar(network.source)}"
    if network.note:
        yield f"note: {_scalar(network.note)}"
    yield from _inputs(network.inputs)


def ends_written(network: ModelGraph, names: Mapping[int, str]) -> Iterator[str]:
    """The sections `outputs` and `auxiliary`, given the names of layers by node."""
    layers = {name: node for node, name in names.items() if name}
    for section, ends in (("outputs", network.outputs), ("auxiliary", network.auxiliary)):
        if ends:
            named = ", ".join(
                f"{_end_name(name, node, layers)}: {quoted(names[node])}" for name, node in ends.items()
            )
            yield f"{section}: {{{named}}}"


def _end_name(name: str, node: int, layers: Mapping[str, int]) -> str:
    """The name of an output, changed where another layer has it."""
    plain = re.sub(r"\W", "_", name)
    plain = plain if re.match(r"[A-Za-z_]", plain) else f"output_{plain}"
    while layers.get(plain, node) != node:
        plain = f"{plain}_output"
    return plain


def quoted(name: str) -> str:
    """A name, in quotes if it is not one word."""
    return name if re.fullmatch(r"\w+", name) else f'"{name}"'


def _inputs(inputs: Mapping[str, Dims]) -> Sequence[str]:
    if len(inputs) == 1:
        return [f"input: {_dims(next(iter(inputs.values())))}"]
    return ["inputs: {" + ", ".join(f"{name}: {_dims(dims)}" for name, dims in inputs.items()) + "}"]


def _dims(dims: Dims) -> str:
    return f"[{', '.join(map(str, dims))}]"


def _scalar(text: str) -> str:
    """Text on one line, quoted where YAML would read something else."""
    plain = re.fullmatch(r"[A-Za-z][\w ./()-]*(?: [\w./(),-]+)*", text)
    return text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
