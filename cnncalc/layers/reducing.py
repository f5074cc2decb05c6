"""Kinds that combine values along named axes: reduce, l2_normalize."""

from typing import Annotated, Literal

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    Example,
    Flag,
    Layer,
    Operations,
    Positive,
    Weightless,
    Windows,
    called,
    each,
    says,
)
from cnncalc.layers.naming import Over, axis_numbers, group_windows, reduced
from cnncalc.shapes import Shape

REDUCTION = Formula(
    "g * (m - 1)",
    g="groups, each reduced to one value",
    m="values in a group: m − 1 steps",
)


class Reduce(Weightless, frozen=True):
    """Reduces the values along some axes to one: their mean, maximum, sum or norm.

    `l2` is the square root of the sum of squares, `logsumexp` the logarithm of the sum of exponentials.
    Without `keepdims` the axes disappear, and the first that is left becomes the channels.
    """

    kind = "reduce"
    family = "pool"
    main = "mode"
    aliases = ("reducemean", "reducemax", "reducesum", "reducel2")
    elsewhere = called(onnx="ReduceMean, ReduceMax, ReduceSum, ReduceL2 …")
    example = Example("{reduce: mean, over: channels}")
    backward_reads = ("input", "output")

    mode: Annotated[
        Literal["mean", "max", "min", "sum", "l2", "product", "logsumexp"],
        says("what becomes of the values: their mean, maximum, sum, norm, product …"),
    ] = "mean"
    over: Annotated[Over, says("the axes to reduce")] = "positions"
    keepdims: Annotated[Flag, says("whether the reduced axes stay, with size 1")] = True

    def output(self, x: Shape) -> Shape:
        return reduced(x, axis_numbers(self.over, x), self.keepdims)

    def windows(self, x: Shape) -> Windows:
        numbers = axis_numbers(self.over, x)
        if self.keepdims or not x.rank:
            return group_windows(x, numbers, collapse=True)
        if set(numbers) >= set(range(1, x.rank + 1)):
            return "everything"
        return "unknown" if numbers == (0,) else "everything"

    def operations(self, x: Shape) -> Operations:
        groups = self.output(x).size
        steps = REDUCTION(g=groups, m=x.size // groups)
        match self.mode:
            case "mean":
                return {"adds": steps, **each(groups, divisions=1)}
            case "max" | "min":
                return {"comparisons": steps}
            case "sum":
                return {"adds": steps}
            case "product":
                return {"multiplications": steps}
            case "l2":
                return {"adds": steps, **each(x.size, multiplications=1), **each(groups, exponentials=1)}
        return {"adds": steps, "exponentials": EXPONENTIALS_AND_LOGARITHMS(n=x.size, g=groups)}

    def changes_nothing(self, x: Shape) -> bool:
        return self.mode not in ("l2",) and self.output(x) == x


EXPONENTIALS_AND_LOGARITHMS = Formula("n + g", n="values, an exponential each", g="groups, a logarithm each")


class L2Normalize(Weightless, frozen=True):
    """Divides values by their Euclidean norm along some axes; a norm below `eps` counts as `eps`."""

    kind = "l2_normalize"
    family = "scale"
    aliases = ("l2norm", "lpnormalization", "unitnormalization")
    elsewhere = called(
        pytorch="torch.nn.functional.normalize",
        keras="keras.layers.UnitNormalization",
        onnx="LpNormalization",
    )
    backward_reads = ("input",)

    over: Annotated[Over, says("the axes that each norm is computed over")] = "channels"
    eps: Annotated[Positive, says("the smallest norm to divide by")] = 1e-12

    def output(self, x: Shape) -> Shape:
        axis_numbers(self.over, x)
        return x

    def windows(self, x: Shape) -> Windows:
        return group_windows(x, axis_numbers(self.over, x))

    def operations(self, x: Shape) -> Operations:
        groups = reduced(x, axis_numbers(self.over, x), keepdims=True).size
        return {
            "adds": REDUCTION(g=groups, m=x.size // groups),
            **each(x.size, multiplications=1, divisions=1),
            **each(groups, comparisons=1, exponentials=1),
        }


KINDS: tuple[type[Layer], ...] = (Reduce, L2Normalize)
