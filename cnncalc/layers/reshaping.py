"""Kinds that move, select or pad values without weights: reshape, slice, crop, pad, dropout."""

from math import prod
from typing import Annotated

from cnncalc.layers.base import (
    Count,
    Elementwise,
    Example,
    Layer,
    LayerError,
    Natural,
    Operations,
    Probability,
    Real,
    ShapeOption,
    Sides,
    SignedSides,
    Weightless,
    Windows,
    called,
    expected,
    need_axes,
    says,
)
from cnncalc.layers.sliding import both_sides, check_border
from cnncalc.shapes import AXES, Shape
from cnncalc.window import UNCHANGED, Border, Window


class Dropout(Elementwise, frozen=True):
    """Zeroes random values during training; at inference, which is counted, it does nothing."""

    kind = "dropout"
    family = "shape"
    main = "rate"
    aliases = ("dropout", "spatialdropout")
    elsewhere = called(pytorch="torch.nn.Dropout", keras="keras.layers.Dropout", onnx="Dropout")
    backward_reads = ("choice",)
    is_view = True
    is_identity = True

    rate: Annotated[Probability, says("fraction of the values zeroed during training")] = 0.5

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return self.rate == 0


class Identity(Elementwise, frozen=True):
    """Returns its input unchanged."""

    kind = "identity"
    family = "shape"
    elsewhere = called(pytorch="torch.nn.Identity", keras="keras.layers.Identity", onnx="Identity")
    is_view = True
    is_identity = True

    def operations(self, x: Shape) -> Operations:
        return {}


class Flatten(Weightless, frozen=True):
    """Flattens all values into one vector."""

    kind = "flatten"
    family = "shape"
    elsewhere = called(pytorch="torch.nn.Flatten", keras="keras.layers.Flatten", onnx="Flatten")
    is_view = True
    is_identity = True

    def output(self, x: Shape) -> Shape:
        return Shape(x.size)

    def windows(self, x: Shape) -> Windows:
        return "rearranged"

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return self.output(x) == x


class Reshape(Weightless, frozen=True):
    """Changes the shape of its input; one size may be −1 and is inferred from the others."""

    kind = "reshape"
    family = "shape"
    main = "shape"
    elsewhere = called(pytorch="torch.reshape", keras="keras.layers.Reshape", onnx="Reshape")
    example = Example("{reshape: [64, 16, -1]}")
    is_view = True

    shape: Annotated[ShapeOption, says("channels and spatial sizes, in the spec's layout")]

    def output(self, x: Shape) -> Shape:
        known = prod(n for n in self.shape if n != -1)
        open_sizes = self.shape.count(-1)
        if not 1 <= len(self.shape) <= len(AXES) or 0 in self.shape or open_sizes > 1:
            raise LayerError(
                "bad-shape", "a shape has 1 to 4 sizes of at least 1; one of them may be -1", "shape"
            )
        if x.size % known or (not open_sizes and x.size != known):
            raise LayerError(
                "size-differs",
                f"{{}} has {x.size:,} values and cannot be reshaped to {{}}",
                "shape",
                shapes=(x, Shape(self.shape[0], self.shape[1:])),
            )
        sizes = tuple(x.size // known if n == -1 else n for n in self.shape)
        return Shape(sizes[0], sizes[1:])

    def windows(self, x: Shape) -> Windows:
        return "rearranged"

    def operations(self, x: Shape) -> Operations:
        return {}


class ChannelShuffle(Elementwise, frozen=True):
    """Interleaves the channels of `groups` (Zhang et al. 2017, arXiv:1707.01083)."""

    kind = "channel_shuffle"
    family = "shape"
    main = "groups"
    aliases = ("channelshuffle",)
    elsewhere = called(pytorch="torch.nn.ChannelShuffle")
    example = Example("{channel_shuffle: 4}")

    groups: Annotated[Count, says("number of groups to interleave")]

    def output(self, x: Shape) -> Shape:
        if x.channels % self.groups:
            raise LayerError(
                "groups", f"{x.channels} channels cannot be divided into {self.groups} groups", "groups"
            )
        return x

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return self.groups in (1, x.channels)


class Slice(Weightless, frozen=True):
    """Keeps a range of channels, from the first number up to but not including the second."""

    kind = "slice"
    family = "shape"
    main = "channels"
    elsewhere = called(pytorch="torch.narrow", keras="keras.ops.slice", onnx="Slice")
    example = Example("{slice: [0, 8]}")

    channels: Annotated[
        tuple[Natural, Natural],
        expected("[from, to]: channels counted from 0, `to` not included"),
        says("[from, to], counted from 0, `to` not included"),
    ]

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def output(self, x: Shape) -> Shape:
        start, stop = self.channels
        if not start < stop <= x.channels:
            raise LayerError(
                "bad-slice", f"[{start}, {stop}] is not a valid range of {x.channels} channels", "channels"
            )
        return Shape(stop - start, x.spatial)

    def operations(self, x: Shape) -> Operations:
        return {}


class Pad(Weightless, frozen=True):
    """Pads each map with a border, and can append channels of zeros."""

    kind = "pad"
    family = "shape"
    main = "amount"
    aliases = ("zeropad", "zeropadding", "constantpad", "padding")
    elsewhere = called(pytorch="torch.nn.ZeroPad2d", keras="keras.layers.ZeroPadding2D", onnx="Pad")
    example = Example("{pad: 1}")

    amount: Annotated[
        SignedSides, says("positions added: a number, one per axis, or one per side; below 0, removed")
    ]
    mode: Annotated[Border, says("how to fill the border")] = "zeros"
    value: Annotated[Real, says("what a border of mode zeros holds instead")] = 0.0
    channels: Annotated[Natural, says("channels of zeros to append")] = 0

    def windows(self, x: Shape) -> tuple[Window, ...]:
        sides = both_sides(x, self.amount, "amount")
        return tuple(Window(1, before=before, after=after, border=self.mode) for before, after in sides)

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        windows = self.windows(x)
        check_border(x, windows, "amount")
        if self.mode != "zeros" and any(min(w.before, w.after) < 0 for w in windows):
            message = f"a border of {self.mode} cannot be below 0"
            raise LayerError("cropped-away", message, "amount", "crop in a layer of its own")
        if self.value and self.mode != "zeros":
            raise LayerError(
                "bad-value", f"a border of {self.mode} has no value", "value", "remove one of them"
            )
        sizes = tuple(w.size(n) for w, n in zip(windows, x.spatial, strict=True))
        kept = (n + min(w.before, 0) + min(w.after, 0) for w, n in zip(windows, x.spatial, strict=True))
        if min(*sizes, *kept) < 1:
            raise LayerError("cropped-away", "the crop is too large for {}", "amount", shapes=(x,))
        return Shape(x.channels + self.channels, sizes)

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return not self.channels and all(w == UNCHANGED for w in self.windows(x))


class Crop(Weightless, frozen=True):
    """Crops a border from each map."""

    kind = "crop"
    family = "shape"
    main = "amount"
    aliases = ("cropping",)
    elsewhere = called(keras="keras.layers.Cropping2D")
    example = Example("{crop: 1}")

    amount: Annotated[Sides, says("positions removed: a number, one per axis, or one per side")]

    def windows(self, x: Shape) -> tuple[Window, ...]:
        sides = both_sides(x, self.amount, "amount")
        return tuple(Window(1, before=-before, after=-after) for before, after in sides)

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        sizes = tuple(w.size(n) for w, n in zip(self.windows(x), x.spatial, strict=True))
        if min(sizes) < 1:
            raise LayerError("cropped-away", "the crop is too large for {}", "amount", shapes=(x,))
        return Shape(x.channels, sizes)

    def operations(self, x: Shape) -> Operations:
        return {}

    def changes_nothing(self, x: Shape) -> bool:
        return self.output(x) == x


KINDS: tuple[type[Layer], ...] = (Dropout, Identity, Flatten, Reshape, ChannelShuffle, Slice, Pad, Crop)
