"""What each layer of a graph is in source: a module, an expression of variables, or parts of one tensor."""

from msgspec import structs

from cnncalc.graph import Graph
from cnncalc.interchange.pytorch_source.expressions import LayerCall
from cnncalc.interchange.pytorch_source.rules import MERGES, LackingError, module_of
from cnncalc.interchange.pytorch_source.tree import ModuleItem
from cnncalc.layers import TensorSource
from cnncalc.layers.rearranging import Split
from cnncalc.problems import Problem


class LayerCalls:
    """The call of each layer, made once; `problems` are the layers that cannot be written."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = graph.nodes
        self.problems: list[Problem] = []
        self.made: dict[int, LayerCall] = {}

    def of(self, at: int) -> LayerCall:
        """The call that makes the module of a layer."""
        if at not in self.made:
            node = self.nodes[at]
            try:
                call = module_of(node.layer, node.reads)
            except LackingError as error:
                self.lacking(at, str(error))
                call = LayerCall("nn.Identity")
            self.made[at] = call
        return self.made[at]

    def lacking(self, at: int, why: str) -> None:
        """Reports a layer that cannot be written."""
        node = self.nodes[at]
        message = f"{node.name} ({node.layer.kind}) cannot be written in PyTorch: {why}"
        self.problems.append(Problem("not-exported", message, node.place, layer=node.name))

    def is_same(self, one: int, two: int) -> bool:
        """Whether one module can be both layers."""
        nodes = self.nodes
        if type(nodes[one].layer) in MERGES or type(nodes[two].layer) in MERGES:
            return nodes[one].layer == nodes[two].layer
        return self.of(one) == self.of(two)

    def is_merge(self, item: ModuleItem) -> bool:
        """Whether an item is an expression of variables, not a module."""
        return not item.items and type(self.nodes[item.nodes[0]].layer) in MERGES

    def is_source(self, item: ModuleItem) -> bool:
        """Whether an item is a tensor without an input."""
        return not item.items and isinstance(self.nodes[item.nodes[0]].layer, TensorSource)

    def is_split(self, item: ModuleItem) -> bool:
        """Whether an item is all parts of one tensor, in order."""
        if not len(item.items) == len(item.nodes) == len(item.outputs) or len(item.inputs) != 1:
            return False
        first, *_ = nodes = [self.nodes[at] for at in item.nodes]
        if not isinstance(first.layer, Split):
            return False
        whole = structs.replace(first.layer, part=None)
        return [*whole.separate(*first.reads)] == [node.layer for node in nodes]
