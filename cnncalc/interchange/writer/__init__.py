"""Writes a network as a spec that a person could have written."""

from msgspec import structs

from cnncalc.interchange.network import ModelGraph
from cnncalc.interchange.writer.atoms import atoms_of
from cnncalc.interchange.writer.canonical import canonical
from cnncalc.interchange.writer.flat import flat_text
from cnncalc.interchange.writer.heads import SpecText, ends_written, head
from cnncalc.interchange.writer.regions import Regions, WrittenNetwork
from cnncalc.interchange.writer.text import sections


def with_blocks(network: ModelGraph) -> SpecText:
    """A readable spec of a network, with blocks, repeats and defaults."""
    network = canonical(network)
    return _text(network, Regions(network, atoms_of(network)).written())


def without_blocks(network: ModelGraph) -> SpecText:
    """A spec with repeats and defaults, without blocks."""
    atoms = [structs.replace(atom, scopes=()) for atom in atoms_of(network)]
    return _text(network, Regions(network, atoms).written())


def flat(network: ModelGraph) -> SpecText:
    """A spec with one line per layer, under the name of its module in quotes."""
    return flat_text(network)


FORMS = (with_blocks, without_blocks, flat)
"""The forms of a spec, the most readable first."""


def _text(network: ModelGraph, written: WrittenNetwork) -> SpecText:
    ends = [*network.outputs.values(), *network.auxiliary.values()]
    found = sections(written, [*network.inputs], ends if _needs_outputs(network, written) else ())
    lines = [*head(network), *found.lines]
    if _needs_outputs(network, written):
        by_node = {item.node: name for item, name in zip(written.items, found.names, strict=True)}
        lines += ["", *ends_written(network, by_node)]
    nodes = tuple(node for item in written.items for node in item.nodes)
    return SpecText("\n".join(lines) + "\n", network, nodes)


def _needs_outputs(network: ModelGraph, written: WrittenNetwork) -> bool:
    """Whether the outputs are more than the last item."""
    ends = {*network.outputs.values()}
    return bool(network.auxiliary) or ends != {written.items[-1].node}
