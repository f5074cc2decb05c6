"""Adds nodes to the graph: computes shapes, resolves shared weights, marks frozen layers."""

from msgspec import structs

from cnncalc.graph import Graph, Input, Node, matches_subtree, needed
from cnncalc.layers import Layer, LayerError, Merge
from cnncalc.problems import Findings, Place, Problem
from cnncalc.shapes import Layout, Shape
from cnncalc.spec.ends import heads_of
from cnncalc.spec.plan import Plan
from cnncalc.spec.scope import Tensor, Tensors

MAX_ELEMENTS = 10**15


class Assembly:
    """A graph under construction.

    While `frozen` is set, added layers are frozen. While `sharing` is set (the statement's name, the
    repeat's name, the target's name), they use the weights of their counterparts in the target; with
    `shares_inside`, only those inside the statement have weights. `at`
    overrides their place in the file.
    """

    def __init__(self, tensors: Tensors, layout: Layout, findings: Findings) -> None:
        self.tensors = tensors
        self.layout = layout
        self.findings = findings
        self.nodes: list[Node] = []
        self.index: dict[str, int] = {}
        self.groups: dict[str, str] = {}
        self.entries = 0
        self.frozen = False
        self.note = ""
        self.at: Place | None = None
        self.sharing: tuple[str, str, str] | None = None
        self.shares_inside = False

    def enter(self, name: str, shape: Shape, place: Place, values: int = 0) -> int:
        """Adds an input of the network; all inputs come before the first layer."""
        self.entries += 1
        return self._append(Input(values), (), name, place, shape)

    def separate(self, layer: Layer, inputs: tuple[Tensor, ...], name: str, plan: Plan) -> tuple[Layer, ...]:
        """The layers of a layer's outputs, of which kinds that split have several; none, with a finding, if
        they do not fit the input."""
        if not layer.splits:
            return (layer,)
        try:
            return layer.separate(*self._shapes(tuple(index for index in inputs if index is not None)))
        except LayerError as error:
            self._refuse(layer, error, (), name, plan)
            return ()

    def add(self, layer: Layer, inputs: tuple[Tensor, ...], name: str, plan: Plan) -> Tensor:
        """Adds a layer after its inputs; None, with a finding, if they do not fit."""
        indices = tuple(index for index in inputs if index is not None)
        try:
            self._check_values(layer, indices)
            shape = layer.output(*self._shapes(indices))
        except LayerError as error:
            self._refuse(layer, error, indices, name, plan)
            return None
        if shape.size > MAX_ELEMENTS:
            message = f"a tensor of {shape.text(self.layout)} is too large"
            self.findings.add(Problem("too-large", message, plan.place, layer=name))
            return None
        return self._append(layer, indices, name, plan.place, shape, plan.written)

    def _check_values(self, layer: Layer, indices: tuple[int, ...]) -> None:
        """Raises LayerError for a layer that reads whole numbers, if its input may hold others."""
        most = layer.whole_numbers()
        if not most:
            return
        source = self.nodes[indices[0]]
        if indices[0] >= self.entries:
            message = (
                f"{layer.kind} reads whole numbers: expected an input of the network, found '{source.name}'"
            )
            raise LayerError("not-whole", message)
        if (values := source.layer.whole_numbers()) > most:
            message = f"'{source.name}' has {values:,} values; the table has {most:,} entries"
            raise LayerError("not-whole", message, "entries", f"write `entries: {values}`")

    def _refuse(
        self, layer: Layer, error: LayerError, indices: tuple[int, ...], name: str, plan: Plan
    ) -> None:
        """Reports a layer that does not accept its inputs."""
        message = error.message(self.layout)
        if isinstance(layer, Merge):
            message += ": " + ", ".join(map(self._described, indices))
        place = plan.place_of(error.option)
        self.findings.add(Problem(error.code, message, place, error.hint, layer=name))

    def _described(self, index: int) -> str:
        return f"{self.nodes[index].name} is {self.nodes[index].shape.text(self.layout)}"

    def _shapes(self, indices: tuple[int, ...]) -> list[Shape]:
        return [self.tensors.shapes[index] for index in indices]

    def _append(
        self,
        layer: Layer,
        inputs: tuple[int, ...],
        name: str,
        place: Place,
        shape: Shape,
        written: frozenset[str] = frozenset(),
    ) -> int:
        shares = self._shared(layer, inputs, name, place) if self.sharing else None
        index = self.index[name] = len(self.nodes)
        at = self.at or place
        reads = tuple(self._shapes(inputs))
        self.nodes.append(
            Node(name, layer, inputs, reads, shape, at, self.frozen, shares, self.note, written)
        )
        self.tensors.shapes.append(shape)
        return index

    def _shared(self, layer: Layer, inputs: tuple[int, ...], name: str, place: Place) -> int | None:
        """The node whose weights this one uses; None if it has no weights of its own."""
        whole, own, target = self.sharing or ("", "", "")
        weights = layer.weights(*self._shapes(inputs))
        if not weights and (name != own or self.shares_inside):
            return None
        # The n-th repeat shares with the n-th repeat of the target, or with a target without repeats.
        index = self.index.get(target + name.removeprefix(whole))
        if index is None:
            index = self.index.get(target + name.removeprefix(own))
        message = ""
        if not weights:
            message = f"share: {layer.kind} has no weights"
        elif index is None:
            message = f"share: '{target}' has no layer that corresponds to {name}"
        elif (theirs := self._weights(index)) != weights:
            expected = f"expected weights like those of '{target}', {_listed(theirs)}"
            message = f"share: {expected}; found {_listed(weights)}"
        if message or index is None:
            hint = "share with a layer or block whose weights have the same shapes" if weights else ""
            self.findings.add(Problem("share", message, place, hint, layer=name))
            return None
        owner = self.nodes[index].shares
        return index if owner is None else owner

    def _weights(self, index: int) -> dict[str, tuple[int, ...]]:
        node = self.nodes[index]
        return node.layer.weights(*node.reads)

    def freeze(self, pattern: str) -> None:
        """Freezes the layers and blocks that match a pattern, with everything inside."""
        covers = matches_subtree(pattern)
        for index, node in enumerate(self.nodes):
            if index >= self.entries and covers(node.name):
                self.nodes[index] = structs.replace(node, frozen=True)

    def graph(self, outputs: dict[str, int], auxiliary: dict[str, int]) -> Graph:
        """The finished graph."""
        nodes, names = tuple(self.nodes), self.tensors.by_name
        return Graph(
            nodes=nodes,
            output=next(iter(outputs.values())),
            layout=self.layout,
            names={name: at for name, at in names.items() if at is not None and at >= 0},
            groups=self.groups,
            entries=self.entries,
            outputs=outputs,
            auxiliary=auxiliary,
            training_only=heads_of(nodes, needed(nodes, outputs.values()), auxiliary.values()),
        )


def _listed(weights: dict[str, tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {'×'.join(map(str, dims))}" for name, dims in weights.items())
