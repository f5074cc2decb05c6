"""Layers with the norm and activation that are written inside them, and the modules around them."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct, structs

from cnncalc.interchange.network import ModelGraph, ModuleCall
from cnncalc.layers import ACTIVATIONS, NORMS, Layer


class Atom(Struct, frozen=True):
    """One item of a list of layers.

    Attributes:
        nodes: its node, and those of its norm and activation.
        layer, norm, act: their layers.
        inputs: the nodes that it reads.
        scopes: the modules around it, outermost first.
        path: the module that it is.
        frozen: whether its parameters are not trained; None if it has none.
        shares: the node whose weights it uses again.
        note: what it is, where its kind does not say that.
    """

    nodes: tuple[int, ...]
    layer: Layer
    inputs: tuple[int, ...]
    scopes: tuple[ModuleCall, ...]
    path: str
    norm: Layer | None = None
    act: Layer | None = None
    frozen: bool | None = None
    shares: int | None = None
    note: str = ""

    @property
    def node(self) -> int:
        """The node of its output."""
        return self.nodes[-1]


def atoms_of(network: ModelGraph, *, plain: bool = False) -> list[Atom]:
    """The items of a network in order; with `plain`, each layer is one, and no module is around it."""
    entries = len(network.inputs)
    atoms = [
        Atom(
            (entries + at,),
            step.layer,
            step.inputs,
            () if plain else step.scopes[1:],
            step.path,
            frozen=step.frozen if step.tensors else None,
            shares=step.shares,
            note=step.note,
        )
        for at, step in enumerate(network.steps)
    ]
    if plain:
        return atoms
    ends = {*network.outputs.values(), *network.auxiliary.values()}
    while True:
        count = len(atoms)
        atoms = _absorbed(_without_wrappers(atoms), ends)
        if len(atoms) == count:
            return _without_wrappers(atoms)


def _is_norm(layer: Layer) -> bool:
    return type(layer) in NORMS


def _is_act(layer: Layer) -> bool:
    return type(layer) in ACTIVATIONS


def _without_wrappers(atoms: Sequence[Atom]) -> list[Atom]:
    """Without modules around one item only, or around a norm and an activation only."""
    inside = Counter(scope.call for atom in atoms for scope in atom.scopes)
    kept = {
        scope.call
        for atom in atoms
        for scope in atom.scopes
        if not (_is_norm(atom.layer) or _is_act(atom.layer))
    }
    found = []
    for atom in atoms:
        scopes, path = list(atom.scopes), atom.path
        while scopes and (inside[scopes[-1].call] == 1 or scopes[-1].call not in kept):
            scope = scopes.pop()
            path = scope.path if inside[scope.call] == 1 else path
        found.append(structs.replace(atom, scopes=tuple(scopes), path=path or atom.path))
    return found


def _absorbed(atoms: Sequence[Atom], ends: set[int]) -> list[Atom]:
    """With one norm or activation each absorbed by the layer in front of it, if nothing else reads that."""
    readers = Counter(node for atom in atoms for node in atom.inputs)
    by_node = {atom.node: atom for atom in atoms}
    absorbed: dict[int, Atom] = {}
    gone: set[int] = set()
    for atom in atoms:
        if len(atom.inputs) != 1 or atom.norm or atom.act:
            continue
        host = by_node.get(atom.inputs[0])
        if host is None or host.node in gone or readers[host.node] > 1 or host.node in ends:
            continue
        if _takes(host, atom):
            absorbed[host.node] = atom
            gone.add(atom.node)
    found = []
    for atom in atoms:
        if atom.node in gone:
            continue
        taken = absorbed.get(atom.node)
        if taken:
            name = "norm" if _is_norm(taken.layer) else "act"
            frozen = atom.frozen if taken.frozen is None else taken.frozen
            atom = structs.replace(atom, nodes=(*atom.nodes, *taken.nodes), frozen=frozen)
            atom = structs.replace(atom, **{name: taken.layer})
        found.append(atom)
    return found


def _takes(host: Atom, atom: Atom) -> bool:
    """Whether a layer may have a norm or activation written inside it."""
    if not host.layer.has_neurons or host.act or host.scopes != atom.scopes:
        return False
    if host.frozen is not None and atom.frozen not in (None, host.frozen):
        return False
    if atom.frozen is not None and (atom.shares is None) != (host.shares is None):
        return False
    return _is_act(atom.layer) or (_is_norm(atom.layer) and not host.norm)
