"""Networks in the graph form, built by hand: what a reader of another library would make."""

from collections.abc import Sequence
from itertools import count

from cnncalc.interchange.network import ModelGraph, ModelStep, ModuleCall
from cnncalc.layers import Layer
from cnncalc.layers.base import Dims
from cnncalc.shapes import Shape, shape_of


class Builder:
    """Adds layers one by one, inside modules that are open."""

    def __init__(self, **inputs: Dims) -> None:
        self.inputs = inputs
        self.shapes: list[Shape] = [shape_of(dims) for dims in inputs.values()]
        self.steps: list[ModelStep] = []
        self.calls = count()
        self.scopes: list[ModuleCall] = [ModuleCall(next(self.calls), "", "Net")]

    def open(self, path: str, type_: str) -> None:
        """Opens a module."""
        self.scopes.append(ModuleCall(next(self.calls), path, type_))

    def close(self) -> None:
        """Closes the module that was opened last."""
        self.scopes.pop()

    def add(
        self, name: str, layer: Layer, *inputs: int, shares: int | None = None, frozen: bool = False
    ) -> int:
        """Adds a layer; with a name it is a module of its own. Without inputs it reads the last node."""
        reads = inputs or (len(self.shapes) - 1,)
        shapes = [self.shapes[read] for read in reads]
        output = layer.output(*shapes)
        macs = layer.operations(*shapes).get("macs")
        outer = self.scopes[-1].path
        path = ".".join(filter(None, (outer, name))) if name else outer
        scopes = (
            (*self.scopes, ModuleCall(next(self.calls), path, layer.kind)) if name else tuple(self.scopes)
        )
        tensors = {**layer.weights(*shapes), **layer.buffers(*shapes)}
        self.steps.append(
            ModelStep(
                layer,
                reads,
                path,
                scopes,
                output.dims(),
                macs.value if macs else 0,
                {f"{path}.{tensor}": dims for tensor, dims in tensors.items()},
                frozen,
                shares,
            )
        )
        self.shapes.append(output)
        return len(self.shapes) - 1

    def network(self, outputs: Sequence[int] = (), auxiliary: Sequence[int] = ()) -> ModelGraph:
        """The network; its output is the last layer unless others are named."""
        ends = outputs or (len(self.shapes) - 1,)
        named = {f"output{number}": node for number, node in enumerate(ends, 1)}
        heads = {f"head{number}": node for number, node in enumerate(auxiliary, 1)}
        return ModelGraph("net", "by hand", self.inputs, tuple(self.steps), named, heads)
