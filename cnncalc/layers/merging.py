"""Kinds that merge several tensors into one. Nothing is broadcast, cropped or padded silently."""

from math import prod
from typing import Annotated, ClassVar, Literal

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import (
    Example,
    Family,
    Flag,
    Layer,
    LayerError,
    Operations,
    Weightless,
    Windows,
    called,
    each,
    says,
)
from cnncalc.layers.naming import OneAxis, axis_number
from cnncalc.shapes import Shape, shape_of
from cnncalc.window import UNCHANGED, Axis, Placed, Repeated, Window

JOIN = Formula("(i - 1) * n", i="inputs merged", n="elements of the output")

Align = Annotated[
    Literal["exact", "crop"],
    says("exact: all sizes must be equal; crop: larger maps are cropped around their centre"),
]


Broadcast = Annotated[Flag, says("whether sizes of 1 are repeated to the sizes of the other inputs")]

REPEATS = "`broadcast: true` repeats sizes of 1 to the sizes of the other inputs"


class Merge(Layer, frozen=True):
    """A kind with several inputs."""

    family: ClassVar[Family] = "merge"

    def windows(self, *inputs: Shape) -> Windows:
        """Which positions of the first input an output reads; `reads` has all of them."""
        return self.reads(*inputs)[0]

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        """Which positions of each input an output reads."""
        raise NotImplementedError


class AlignedMerge(Weightless, Merge, frozen=True):
    """Merges inputs of equal sizes; `align: crop` first crops them to the smallest, and with `broadcast`
    sizes of 1 are repeated."""

    align: Align = "exact"
    broadcast: Broadcast = False

    def changes_nothing(self, *inputs: Shape) -> bool:
        return len(inputs) == 1

    def aligned(self, *inputs: Shape) -> tuple[int, ...]:
        """The common spatial sizes.

        Raises:
            LayerError: they differ, and neither `align` nor `broadcast` makes them equal.
        """
        sizes = self._common(inputs, self.broadcast)
        if sizes is None:
            hint = ""
            if self._common(inputs, repeats=True) is not None:
                hint = REPEATS
            elif len({x.rank for x in inputs}) == 1:
                hint = "`align: crop` crops the larger maps to the smallest"
            raise LayerError("sizes-differ", f"{self.kind} needs inputs of the same spatial size", hint=hint)
        return sizes

    def _common(self, inputs: tuple[Shape, ...], repeats: bool) -> tuple[int, ...] | None:
        """The common spatial sizes, None if there are none; `repeats` ignores sizes of 1."""
        rank = max(x.rank for x in inputs)
        rows = [x.spatial or (1,) * (rank if repeats else 0) for x in inputs]
        if len({len(row) for row in rows}) > 1:
            return None
        axes = [tuple(n for n in along if n > 1 or not repeats) or (1,) for along in zip(*rows, strict=True)]
        if self.align == "exact" and any(len(set(along)) > 1 for along in axes):
            return None
        return tuple(map(min, axes))

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        sizes = self.output(*inputs).spatial
        return tuple("everything" if x.rank < len(sizes) else centred(x.spatial, sizes) for x in inputs)


def centred(spatial: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[Axis, ...]:
    """The centre crop to `sizes`, an odd remainder at the end; a size of 1 is repeated."""
    windows: list[Axis] = []
    for n, size in zip(spatial, sizes, strict=True):
        before = (n - size) // 2
        cut = Repeated(size) if n == 1 else Window(1, before=-before, after=before - (n - size))
        windows.append(UNCHANGED if n == size else cut)
    return tuple(windows)


class ElementwiseMerge(AlignedMerge, frozen=True):
    """A merge that computes each output from the elements at the same position and channel."""

    def output(self, *inputs: Shape) -> Shape:
        return Shape(self.channels(*inputs), self.aligned(*inputs))

    def channels(self, *inputs: Shape) -> int:
        """The common number of channels; raises LayerError if they differ."""
        numbers = {x.channels for x in inputs}
        repeated = numbers - {1} or {1}
        if len(repeated if self.broadcast else numbers) > 1:
            hint = "add a 1×1 convolution to one branch, or use concat to stack the channels"
            message = f"{self.kind} needs inputs with the same number of channels"
            raise LayerError("channels-differ", message, hint=REPEATS if len(repeated) == 1 else hint)
        return max(numbers)

    def joins(self, *inputs: Shape) -> Working:
        """The operations that join the inputs one after the other."""
        return JOIN(i=len(inputs), n=self.output(*inputs).size)


class Add(ElementwiseMerge, frozen=True):
    """Elementwise sum of its inputs (residual connection)."""

    kind = "add"
    elsewhere = called(pytorch="torch.add", keras="keras.layers.Add", onnx="Add")
    is_commutative = True

    def operations(self, *inputs: Shape) -> Operations:
        return {"adds": self.joins(*inputs)}


class Subtract(ElementwiseMerge, frozen=True):
    """The first input minus the second."""

    kind = "subtract"
    aliases = ("sub",)
    elsewhere = called(pytorch="torch.sub", keras="keras.layers.Subtract", onnx="Sub")

    def output(self, *inputs: Shape) -> Shape:
        if len(inputs) != 2:
            raise LayerError("two-inputs", f"subtract needs two inputs, found {len(inputs)}")
        return super().output(*inputs)

    def operations(self, *inputs: Shape) -> Operations:
        return {"adds": self.joins(*inputs)}


class Average(ElementwiseMerge, frozen=True):
    """Elementwise mean of its inputs."""

    kind = "average"
    elsewhere = called(keras="keras.layers.Average", onnx="Mean")
    is_commutative = True

    def operations(self, *inputs: Shape) -> Operations:
        return {"adds": self.joins(*inputs), **each(self.output(*inputs).size, divisions=1)}


class Maximum(ElementwiseMerge, frozen=True):
    """Elementwise maximum of its inputs (maxout: Goodfellow et al. 2013, arXiv:1302.4389)."""

    kind = "maximum"
    elsewhere = called(pytorch="torch.maximum", keras="keras.layers.Maximum", onnx="Max")
    is_commutative = True
    backward_reads = ("input",)

    def operations(self, *inputs: Shape) -> Operations:
        return {"comparisons": self.joins(*inputs)}


class Minimum(ElementwiseMerge, frozen=True):
    """Elementwise minimum of its inputs."""

    kind = "minimum"
    elsewhere = called(pytorch="torch.minimum", keras="keras.layers.Minimum", onnx="Min")
    is_commutative = True
    backward_reads = ("input",)

    def operations(self, *inputs: Shape) -> Operations:
        return {"comparisons": self.joins(*inputs)}


class Mul(ElementwiseMerge, frozen=True):
    """Elementwise product of its inputs.

    A gate with one value per channel ([C] or [C, 1, 1]) scales whole maps, as in squeeze-and-excitation.
    Other gates, such as one value per position ([1, H, W]), need `broadcast: true`.
    """

    kind = "mul"
    aliases = ("multiply",)
    elsewhere = called(pytorch="torch.mul", keras="keras.layers.Multiply", onnx="Mul")
    is_commutative = True
    backward_reads = ("input",)

    def output(self, *inputs: Shape) -> Shape:
        maps = tuple(x for x in inputs if not x.is_vector) or (max(inputs, key=lambda x: x.rank),)
        return Shape(self.channels(*inputs), self.aligned(*maps))

    def operations(self, *inputs: Shape) -> Operations:
        return {"multiplications": self.joins(*inputs)}


class Concat(AlignedMerge, frozen=True):
    """Concatenates the channels of its inputs, or their positions along another axis."""

    kind = "concat"
    aliases = ("concatenate", "cat")
    elsewhere = called(pytorch="torch.cat", keras="keras.layers.Concatenate", onnx="Concat")

    axis: Annotated[OneAxis, says("the axis along which the inputs are joined")] = "channels"

    def output(self, *inputs: Shape) -> Shape:
        if self.axis == "channels":
            return Shape(sum(x.channels for x in inputs), self.aligned(*inputs))
        at = self._spatial_axis(inputs)
        sizes = list(inputs[0].spatial)
        sizes[at] = sum(x.spatial[at] for x in inputs)
        return Shape(inputs[0].channels, tuple(sizes))

    def _spatial_axis(self, inputs: tuple[Shape, ...]) -> int:
        """The index of the axis among the spatial ones; raises LayerError if other sizes differ."""
        for option, is_given in (("align: crop", self.align == "crop"), ("broadcast: true", self.broadcast)):
            if is_given:
                message = f"{option} is not available along the {self.axis}"
                raise LayerError("sizes-differ", message, option.partition(":")[0])
        at = axis_number(self.axis, min(inputs, key=lambda x: x.rank)) - 1
        if len({(x.channels, *x.spatial[:at], *x.spatial[at + 1 :], x.rank) for x in inputs}) > 1:
            others = [name for name in ("channels", *inputs[0].axes) if name != self.axis]
            raise LayerError(
                "sizes-differ", f"concat along the {self.axis} needs inputs of equal {' and '.join(others)}"
            )
        return at

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        if self.axis == "channels":
            return super().reads(*inputs)
        at = self._spatial_axis(inputs)
        total, start, found = sum(x.spatial[at] for x in inputs), 0, []
        for x in inputs:
            windows: list[Axis] = [UNCHANGED] * x.rank
            windows[at] = Placed(start, x.spatial[at], total)
            found.append(tuple(windows))
            start += x.spatial[at]
        return tuple(found)

    def operations(self, *inputs: Shape) -> Operations:
        return {}


MATRIX_MACS = Formula(
    "t * n * m * k",
    t="matrices",
    n="rows of the product",
    m="columns of the product",
    k="columns of the first matrix and rows of the second, multiplied and summed",
)


class MatMul(Weightless, Merge, frozen=True):
    """Matrix product of two tensors, for each position of the axes before the last two.

    The sizes are read with channels first: a signal is a matrix with a row for each channel, a map one matrix
    for each channel. `transpose_first` and `transpose_second` exchange the rows and columns of an input.
    """

    kind = "matmul"
    aliases = ("bmm", "batchdot")
    elsewhere = called(pytorch="torch.matmul", keras="keras.ops.matmul", onnx="MatMul")
    example = Example("{matmul: [input, prev], transpose_second: true}", input=(16, 32))
    backward_reads = ("input",)

    transpose_first: Annotated[Flag, says("whether to exchange rows and columns of the first input")] = False
    transpose_second: Annotated[Flag, says("whether to exchange rows and columns of the second input")] = (
        False
    )

    def _sizes(self, inputs: tuple[Shape, ...]) -> tuple[tuple[int, ...], int, int, int]:
        """The axes before the matrices, the rows and columns of the product, and what is summed."""
        if len(inputs) != 2:
            raise LayerError("two-inputs", f"matmul needs two inputs, found {len(inputs)}")
        a, b = inputs
        if a.rank != b.rank or not a.rank:
            raise LayerError(
                "sizes-differ", "matmul needs two signals, or two maps with as many axes", hint="reshape them"
            )
        n, k = a.dims()[:-3:-1] if self.transpose_first else a.dims()[-2:]
        rows, m = b.dims()[:-3:-1] if self.transpose_second else b.dims()[-2:]
        if k != rows or a.dims()[:-2] != b.dims()[:-2]:
            message = (
                f"matmul of {n}×{k} and {rows}×{m} matrices: the columns of the first are not the rows of "
                "the second"
            )
            if k == rows:
                message = "matmul needs as many matrices in both inputs"
            raise LayerError("sizes-differ", message, hint="see transpose_first and transpose_second")
        return a.dims()[:-2], n, m, k

    def output(self, *inputs: Shape) -> Shape:
        before, n, m, _ = self._sizes(inputs)
        return shape_of((*before, n, m))

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        return ("everything",) * 2

    def operations(self, *inputs: Shape) -> Operations:
        before, n, m, k = self._sizes(inputs)
        return {"macs": MATRIX_MACS(t=prod(before), n=n, m=m, k=k)}


KINDS: tuple[type[Layer], ...] = (Add, Mul, Subtract, Average, Maximum, Minimum, Concat, MatMul)
