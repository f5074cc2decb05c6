"""The nodes of the graph as they are added: shapes, weights that are shared, layers that are frozen."""

from msgspec import structs

from cnncalc.graph import Graph, Input, Node, matches_subtree
from cnncalc.layers import Layer, LayerError, Merge
from cnncalc.problems import Findings, Place, Problem
from cnncalc.shapes import Layout, Shape
from cnncalc.spec.plan import Plan
from cnncalc.spec.scope import Tensor, Tensors

MAX_ELEMENTS = 10**15


class Assembly:
    """A graph under construction.

    While `frozen` is set, what is added is frozen; with `sharing` (name, its repeat's, target) it uses
    the weights of its counterpart there. `at`, where set, is the place of all that is added.
    """

    def __init__(self, tensors: Tensors, layout: Layout, findings: Findings) -> None:
        self.tensors = tensors
        self.layout = layout
        self.findings = findings
        self.nodes: list[Node] = []
        self.index: dict[str, int] = {}
        self.groups: dict[str, str] = {}
        self.frozen = False
        self.note = ""
        self.at: Place | None = None
        self.sharing: tuple[str, str, str] | None = None

    def enter(self, shape: Shape) -> int:
        """The network's input, before anything else."""
        return self._append(Input(), (), "input", Place(0, 0), shape)

    def add(self, layer: Layer, inputs: tuple[Tensor, ...], name: str, plan: Plan) -> Tensor:
        """A layer behind its inputs; None, and the reason reported, where it cannot take them."""
        indices = tuple(index for index in inputs if index is not None)
        try:
            shape = layer.output(*self._shapes(indices))
        except LayerError as error:
            message = error.message(self.layout)
            if isinstance(layer, Merge):
                message += ": " + ", ".join(map(self._described, indices))
            place = plan.place_of(error.option)
            self.findings.add(Problem(error.code, message, place, error.hint, layer=name))
            return None
        if shape.size > MAX_ELEMENTS:
            message = f"a tensor of {shape.text(self.layout)} is too large to count with"
            self.findings.add(Problem("too-large", message, plan.place, layer=name))
            return None
        return self._append(layer, indices, name, plan.place, shape)

    def _described(self, index: int) -> str:
        return f"{self.nodes[index].name} is {self.nodes[index].shape.text(self.layout)}"

    def _shapes(self, indices: tuple[int, ...]) -> list[Shape]:
        return [self.tensors.shapes[index] for index in indices]

    def _append(self, layer: Layer, inputs: tuple[int, ...], name: str, place: Place, shape: Shape) -> int:
        shares = self._shared(layer, inputs, name, place) if self.sharing else None
        index = self.index[name] = len(self.nodes)
        at = self.at or place
        reads = tuple(self._shapes(inputs))
        self.nodes.append(Node(name, layer, inputs, reads, shape, at, self.frozen, shares, self.note))
        self.tensors.shapes.append(shape)
        return index

    def _shared(self, layer: Layer, inputs: tuple[int, ...], name: str, place: Place) -> int | None:
        """The node whose weights this one uses; one without weights shares nothing."""
        whole, own, target = self.sharing or ("", "", "")
        weights = layer.weights(*self._shapes(inputs))
        if not weights and name != own:
            return None
        # The n-th repeat shares with the n-th repeat of the target, or with the one that there is.
        index = self.index.get(target + name.removeprefix(whole))
        if index is None:
            index = self.index.get(target + name.removeprefix(own))
        message = ""
        if not weights:
            message = f"share: {layer.kind} has no weights"
        elif index is None:
            message = f"share: '{target}' has no counterpart of {name}"
        elif (theirs := self._weights(index)) != weights:
            message = f"share: the weights of '{target}' are {_listed(theirs)}, and here {_listed(weights)}"
        if message or index is None:
            hint = "share names a layer, or a use of the same block, of the same shapes" if weights else ""
            self.findings.add(Problem("share", message, place, hint, layer=name))
            return None
        owner = self.nodes[index].shares
        return index if owner is None else owner

    def _weights(self, index: int) -> dict[str, tuple[int, ...]]:
        node = self.nodes[index]
        return node.layer.weights(*node.reads)

    def freeze(self, pattern: str) -> None:
        """Freezes what a pattern names and everything inside it."""
        covers = matches_subtree(pattern)
        for index, node in enumerate(self.nodes):
            if index and covers(node.name):
                self.nodes[index] = structs.replace(node, frozen=True)

    def graph(self, output: int) -> Graph:
        """The finished graph."""
        names = {name: tensor for name, tensor in self.tensors.by_name.items() if tensor is not None}
        return Graph(tuple(self.nodes), output, self.layout, names, self.groups)


def _listed(weights: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'×'.join(map(str, dims))}" for name, dims in weights.items())
