"""Writes a network as a spec that a person could have written."""

from msgspec import structs

from cnncalc.interchange.network import ModelGraph
from cnncalc.interchange.writer.atoms import atoms_of
from cnncalc.interchange.writer.canonical import canonical
from cnncalc.interchange.writer.flat import flat_text
from cnncalc.interchange.writer.heads import SpecText, ends_written, head
from cnncalc.interchange.writer.regions import Regions, WrittenNetwork
from cnncalc.interchange.writer.sharing import with_shares
from cnncalc.interchange.writer.text import sections
from cnncalc.problems import Source, SpecError
from cnncalc.spec import load_source


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
    if any(step.shares is not None for step in network.steps):
        written = _shared(network, written)
    return _written(network, written)


def _shared(network: ModelGraph, written: WrittenNetwork) -> WrittenNetwork:
    """The items with `share`, by the names that the layers have without it."""
    text = _written(network, written)
    try:
        layers = load_source(Source("the written spec", text.text)).graph.layers
    except SpecError:
        return written
    names = {node: layer.name for node, layer in zip(text.nodes, layers, strict=False)}
    return with_shares(written, network, names)


def _written(network: ModelGraph, written: WrittenNetwork) -> SpecText:
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
    ends = [*network.outputs.values()]
    return bool(network.auxiliary) or ends != [written.items[-1].node]
