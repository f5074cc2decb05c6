"""Kinds that merge several tensors into one. Nothing is broadcast, cropped or padded silently."""

from typing import Annotated, Literal

from cnncalc.formula import Formula
from cnncalc.layers.base import Layer, LayerError, Operations, Weightless, Windows, called, says
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED, Window

JOIN = Formula("(i - 1) * n", i="inputs merged", n="elements of the output")

Align = Annotated[
    Literal["exact", "crop"],
    says("exact: all sizes must be equal; crop: larger maps are cropped around their centre"),
]


class Merge(Weightless, frozen=True):
    """Merges inputs of equal spatial sizes; `align: crop` first crops them to the smallest."""

    family = "merge"

    align: Align = "exact"

    def changes_nothing(self, *inputs: Shape) -> bool:
        return len(inputs) == 1

    def aligned(self, *inputs: Shape) -> tuple[int, ...]:
        """The common spatial sizes.

        Raises:
            LayerError: they differ, and `align` is not `crop`.
        """
        ranks = {x.rank for x in inputs}
        if len(ranks) > 1 or (self.align == "exact" and len({x.spatial for x in inputs}) > 1):
            hint = "`align: crop` crops the larger maps to the smallest" if len(ranks) == 1 else ""
            raise LayerError("sizes-differ", f"{self.kind} needs inputs of the same spatial size", hint=hint)
        return tuple(min(sizes) for sizes in zip(*(x.spatial for x in inputs), strict=True))

    def windows(self, *inputs: Shape) -> Windows:
        """Which positions of the first input an output reads; `reads` has all of them."""
        return self.reads(*inputs)[0]

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        """Which positions of each input an output reads."""
        sizes = self.aligned(*inputs)
        return tuple(centred(x.spatial, sizes) for x in inputs)


def centred(spatial: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[Window, ...]:
    """The centre crop to `sizes`; an odd remainder is cropped at the end."""
    windows = []
    for n, size in zip(spatial, sizes, strict=False):
        before = (n - size) // 2
        windows.append(UNCHANGED if n == size else Window(1, before=-before, after=before - (n - size)))
    return tuple(windows)


def _same_channels(kind: str, inputs: tuple[Shape, ...]) -> int:
    if len({x.channels for x in inputs}) > 1:
        raise LayerError(
            "channels-differ",
            f"{kind} needs inputs with the same number of channels",
            hint="add a 1×1 convolution to one branch, or use concat to stack the channels",
        )
    return inputs[0].channels


class Add(Merge, frozen=True):
    """Elementwise sum of its inputs (residual connection)."""

    kind = "add"
    elsewhere = called(pytorch="torch.add", keras="keras.layers.Add", onnx="Add")
    is_commutative = True

    def output(self, *inputs: Shape) -> Shape:
        return Shape(_same_channels(self.kind, inputs), self.aligned(*inputs))

    def operations(self, *inputs: Shape) -> Operations:
        return {"adds": JOIN(i=len(inputs), n=self.output(*inputs).size)}


class Mul(Merge, frozen=True):
    """Elementwise product of its inputs.

    A gate with one value per channel ([C] or [C, 1, 1]) scales whole maps, as in squeeze-and-excitation.
    """

    kind = "mul"
    aliases = ("multiply",)
    elsewhere = called(pytorch="torch.mul", keras="keras.layers.Multiply", onnx="Mul")
    is_commutative = True
    backward_reads = ("input",)

    def output(self, *inputs: Shape) -> Shape:
        maps = tuple(x for x in inputs if not x.is_vector) or (max(inputs, key=lambda x: x.rank),)
        return Shape(_same_channels(self.kind, inputs), self.aligned(*maps))

    def reads(self, *inputs: Shape) -> tuple[Windows, ...]:
        y = self.output(*inputs)
        return tuple(
            "everything" if x.is_vector and not y.is_vector else centred(x.spatial, y.spatial) for x in inputs
        )

    def operations(self, *inputs: Shape) -> Operations:
        return {"multiplications": JOIN(i=len(inputs), n=self.output(*inputs).size)}


class Concat(Merge, frozen=True):
    """Concatenates the channels of its inputs."""

    kind = "concat"
    aliases = ("concatenate", "cat")
    elsewhere = called(pytorch="torch.cat", keras="keras.layers.Concatenate", onnx="Concat")

    def output(self, *inputs: Shape) -> Shape:
        return Shape(sum(x.channels for x in inputs), self.aligned(*inputs))

    def operations(self, *inputs: Shape) -> Operations:
        return {}


KINDS: tuple[type[Layer], ...] = (Add, Mul, Concat)
