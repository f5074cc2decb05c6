"""Merges, which are expressions of variables."""

from collections.abc import Callable, Mapping, Sequence

from cnncalc.interchange.pytorch_source.rules.calls import LackingError
from cnncalc.layers import Layer
from cnncalc.layers.merging import (
    Add,
    AlignedMerge,
    Average,
    Concat,
    MatMul,
    Maximum,
    Merge,
    Minimum,
    Mul,
    Subtract,
)
from cnncalc.layers.naming import axis_number
from cnncalc.shapes import Shape


def _pairs(name: str) -> Callable[[Sequence[str]], str]:
    def joined(xs: Sequence[str]) -> str:
        text = xs[0]
        for x in xs[1:]:
            text = f"torch.{name}({text}, {x})"
        return text

    return joined


MERGES: Mapping[type[Layer], Callable[[Sequence[str]], str]] = {
    Add: " + ".join,
    Mul: " * ".join,
    Subtract: " - ".join,
    Average: lambda xs: f"({' + '.join(xs)}) / {len(xs)}",
    Maximum: _pairs("maximum"),
    Minimum: _pairs("minimum"),
    MatMul: _pairs("matmul"),
    Concat: lambda xs: f"torch.cat([{', '.join(xs)}], dim=1)",
}
"""The expression of each merge of variables."""

OF_BRANCHES: Mapping[type[Layer], str] = {Add: "Add", Mul: "Mul", Concat: "Concat"}
"""The classes of `HELPERS` that merge what branches of one tensor give."""


def is_simple(layer: Layer, shapes: tuple[Shape, ...]) -> bool:
    """Whether a merge joins tensors that need no crop and no further axes."""
    if isinstance(layer, Concat) and layer.axis != "channels":
        return False
    sizes = {x.rank if type(layer) is Mul else x.spatial for x in shapes}
    return type(layer) in OF_BRANCHES and len(sizes) == 1


def merged(layer: Merge, shapes: tuple[Shape, ...], names: Sequence[str]) -> str:
    """The expression of a merge of variables; raises LackingError."""
    kind = type(layer)
    if isinstance(layer, MatMul):
        turned = (layer.transpose_first, layer.transpose_second)
        texts = [f"{name}.transpose(-1, -2)" if t else name for name, t in zip(names, turned, strict=True)]
        return MERGES[kind](texts)
    assert isinstance(layer, AlignedMerge)
    if isinstance(layer, Concat) and layer.axis != "channels":
        dim = axis_number(layer.axis, shapes[0]) + 1
        return f"torch.cat([{', '.join(names)}], dim={dim})"
    rank = max(x.rank for x in shapes)
    if layer.align == "crop" and len({x.spatial for x in shapes}) > 1:
        if layer.broadcast or any(x.is_vector for x in shapes):
            raise LackingError("it crops some inputs and repeats others")
        return cropped(kind, names)
    if kind is Concat and len({x.spatial for x in shapes}) > 1:
        raise LackingError("torch.cat repeats no sizes")
    beside = f"[:, :, {', '.join(['None'] * rank)}]"
    texts = [name + beside * (x.rank < rank) for name, x in zip(names, shapes, strict=True)]
    return MERGES[kind](texts)


OF_CROPPED: Mapping[type[Layer], str] = {
    Add: "sum(cropped({}))",
    Subtract: "torch.sub(*cropped({}))",
    Mul: "torch.stack(cropped({})).prod(dim=0)",
    Average: "torch.stack(cropped({})).mean(dim=0)",
    Maximum: "torch.stack(cropped({})).amax(dim=0)",
    Minimum: "torch.stack(cropped({})).amin(dim=0)",
    Concat: "torch.cat(cropped({}), dim=1)",
}
"""The expression of each merge of maps that are cropped."""


def cropped(kind: type[Layer], names: Sequence[str]) -> str:
    return OF_CROPPED[kind].format(", ".join(names))
