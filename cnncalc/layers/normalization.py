"""Normalization layers: batch, layer, group, instance and local response."""

from typing import Annotated, Literal

from cnncalc.formula import Formula
from cnncalc.layers.base import (
    Count,
    Dims,
    Elementwise,
    Example,
    Flag,
    Layer,
    LayerError,
    NotNegative,
    Operations,
    Real,
    Windows,
    axes,
    called,
    each,
    says,
)
from cnncalc.shapes import Shape
from cnncalc.window import UNCHANGED

NORM_SOURCE = "Wu & He 2018, arXiv:1803.08494, equations 1 to 3"
NORM_ADDS = Formula(
    "g * (3*m - 1) + a * g * m",
    source=NORM_SOURCE,
    g="groups that are normalized",
    m="elements in a group: m − 1 adds for the mean, m differences, m − 1 for the variance, 1 for eps",
    a="1 with a learned shift, else 0",
)
NORM_MULTIPLICATIONS = Formula(
    "g * m + a * g * m",
    source=NORM_SOURCE,
    g="groups that are normalized",
    m="elements in a group: a square each",
    a="1 with a learned scale, else 0",
)
NORM_DIVISIONS = Formula(
    "g * (m + 2)",
    source=NORM_SOURCE,
    g="groups that are normalized",
    m="elements in a group: divided by the deviation; 2 more for mean and variance",
)

AFFINE_AXES = axes(weight=("input channels", "output"), bias=("input channels", "output"))
"""One value per channel, or per element if the normalization is over all of them."""

AFFINE = says("whether to learn a scale and a shift")
EPS = says("added to the variance to avoid division by zero")


class Affine(Layer, frozen=True, kw_only=True):
    """Base class of norms with a learned scale and a learned shift, each of which can be left out."""

    family = "norm"
    tensor_axes = AFFINE_AXES
    backward_reads = ("input",)

    affine: Annotated[Flag, AFFINE] = True
    scale: Annotated[Flag, says("false: no learned scale")] = True
    center: Annotated[Flag, says("false: no learned shift")] = True
    eps: Annotated[NotNegative, EPS] = 1e-5

    def output(self, x: Shape) -> Shape:
        return x

    def weights(self, x: Shape) -> dict[str, Dims]:
        return self.learned((x.channels,))

    def learned(self, dims: Dims) -> dict[str, Dims]:
        """The learned scale and shift, each of shape `dims`."""
        weight: dict[str, Dims] = {"weight": dims} if self.affine and self.scale else {}
        return {**weight, "bias": dims} if self.affine and self.center else weight

    def statistics(self, groups: int, elements: int) -> Operations:
        """The operations of mean, variance and normalization of `groups`, computed from the input."""
        scale, shift = int(self.affine and self.scale), int(self.affine and self.center)
        return {
            "adds": NORM_ADDS(g=groups, m=elements, a=shift),
            "multiplications": NORM_MULTIPLICATIONS(g=groups, m=elements, a=scale),
            "divisions": NORM_DIVISIONS(g=groups, m=elements),
            **each(groups, exponentials=1),
        }


class BatchNorm(Affine, frozen=True):
    """Batch normalization: normalizes each channel by batch statistics (Ioffe & Szegedy 2015).

    Counted at inference: with the stored mean and variance, it is one multiplication and one addition
    per element. The running statistics are buffers, not parameters.
    """

    kind = "batchnorm"
    aliases = ("batchnorm", "batchnormalization", "bn")
    elsewhere = called(
        pytorch="torch.nn.BatchNorm2d", keras="keras.layers.BatchNormalization", onnx="BatchNormalization"
    )
    tensor_axes = axes(**AFFINE_AXES, running_mean=("input channels",), running_var=("input channels",))

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def buffers(self, x: Shape) -> dict[str, Dims]:
        return {"running_mean": (x.channels,), "running_var": (x.channels,)}

    def operations(self, x: Shape) -> Operations:
        return each(x.size, multiplications=1, adds=1)


class LayerNorm(Affine, frozen=True):
    """Layer normalization: over the channels at each position, or over the whole sample.

    `over: channels` is used by Keras and ConvNeXt and has 2·C parameters; `over: all` is
    torch.nn.LayerNorm([C, H, W]), with a scale and a shift per element.
    """

    kind = "layernorm"
    aliases = ("layernorm", "layernormalization", "ln")
    elsewhere = called(
        pytorch="torch.nn.LayerNorm", keras="keras.layers.LayerNormalization", onnx="LayerNormalization"
    )

    over: Annotated[
        Literal["channels", "all"], says("the axes that each mean and variance is computed over")
    ] = "channels"

    def windows(self, x: Shape) -> Windows:
        return "everything" if self.over == "all" else (UNCHANGED,) * x.rank

    def weights(self, x: Shape) -> dict[str, Dims]:
        return self.learned(x.dims() if self.over == "all" else (x.channels,))

    def operations(self, x: Shape) -> Operations:
        groups = 1 if self.over == "all" else x.positions
        return self.statistics(groups, x.size // groups)


class GroupNorm(Affine, frozen=True):
    """Group normalization: over groups of channels and all positions (Wu & He 2018)."""

    kind = "groupnorm"
    main = "groups"
    aliases = ("groupnorm", "groupnormalization", "gn")
    elsewhere = called(
        pytorch="torch.nn.GroupNorm", keras="keras.layers.GroupNormalization", onnx="GroupNormalization"
    )
    example = Example("{groupnorm: 4}")

    groups: Annotated[Count, says("number of groups that the channels are split into")] = 32

    def output(self, x: Shape) -> Shape:
        if x.channels % self.groups:
            raise LayerError(
                "groups", f"{x.channels} channels cannot be divided into {self.groups} groups", "groups"
            )
        return x

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def operations(self, x: Shape) -> Operations:
        return self.statistics(self.groups, x.size // self.groups)


class InstanceNorm(Affine, frozen=True):
    """Instance normalization: each channel over its positions (Ulyanov et al. 2016).

    As in PyTorch, it has no parameters unless `affine: true`.
    """

    kind = "instancenorm"
    aliases = ("instancenorm", "instancenormalization")
    elsewhere = called(
        pytorch="torch.nn.InstanceNorm2d",
        keras="keras.layers.GroupNormalization, groups = -1",
        onnx="InstanceNormalization",
    )

    affine: Annotated[Flag, AFFINE] = False

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def operations(self, x: Shape) -> Operations:
        return self.statistics(x.channels, x.positions)


class LocalResponseNorm(Elementwise, frozen=True):
    """Local response normalization over neighbouring channels (Krizhevsky et al. 2012, section 3.3).

    y = x / (k + alpha/size · Σ x²)^beta, as in torch.nn.LocalResponseNorm.
    """

    kind = "lrn"
    family = "norm"
    main = "size"
    aliases = ("lrn", "localresponsenorm")
    elsewhere = called(
        pytorch="torch.nn.LocalResponseNorm", onnx="LRN, whose even sizes reach further behind"
    )
    backward_reads = ("input",)

    size: Annotated[Count, says("number of neighbouring channels")] = 5
    alpha: Annotated[Real, says("factor of the mean square")] = 1e-4
    beta: Annotated[Real, says("exponent")] = 0.75
    k: Annotated[Real, says("added constant")] = 1.0

    def operations(self, x: Shape) -> Operations:
        # square, size − 1 additions, · alpha/size, + k, power of beta, division
        return each(x.size, multiplications=2, adds=self.size, exponentials=1, divisions=1)


RMS_ADDS = Formula(
    "g * (m - 1) + g",
    source="Zhang & Sennrich 2019, arXiv:1910.07467, equation 4",
    g="groups that are normalized",
    m="elements in a group: m − 1 adds for the sum of squares, 1 for eps",
)
RMS_DIVISIONS = Formula(
    "g * (m + 1)",
    source="Zhang & Sennrich 2019, arXiv:1910.07467, equation 4",
    g="groups that are normalized",
    m="elements in a group: divided by the root mean square; 1 more for the mean",
)


class RmsNorm(Layer, frozen=True):
    """Root mean square normalization: x / √(mean x² + eps), over the channels at each position, or all."""

    kind = "rms_norm"
    family = "norm"
    aliases = ("rmsnorm", "rmsnormalization")
    elsewhere = called(
        pytorch="torch.nn.RMSNorm", keras="keras.layers.RMSNormalization", onnx="RMSNormalization"
    )
    tensor_axes = axes(weight=("input channels", "output"))
    backward_reads = ("input",)

    over: Annotated[
        Literal["channels", "all"], says("the axes that each mean of squares is computed over")
    ] = "channels"
    scale: Annotated[Flag, says("whether to learn a scale")] = True
    eps: Annotated[NotNegative, says("added to the mean of squares to avoid division by zero")] = 1e-6

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return "everything" if self.over == "all" else (UNCHANGED,) * x.rank

    def weights(self, x: Shape) -> dict[str, Dims]:
        if not self.scale:
            return {}
        return {"weight": x.dims() if self.over == "all" else (x.channels,)}

    def operations(self, x: Shape) -> Operations:
        groups = 1 if self.over == "all" else x.positions
        return {
            "adds": RMS_ADDS(g=groups, m=x.size // groups),
            **each(x.size, multiplications=1 + self.scale),
            "divisions": RMS_DIVISIONS(g=groups, m=x.size // groups),
            **each(groups, exponentials=1),
        }


GRN_SOURCE = "Woo et al. 2023, arXiv:2301.00808, section 4"
GRN_ADDS = Formula(
    "c * (p - 1) + c + 2 * c * p",
    source=GRN_SOURCE,
    c="channels: c − 1 adds for the mean of their norms, 1 for eps",
    p="positions: p − 1 adds for the norm of a channel, and for each the shift and the input",
)
GRN_DIVISIONS = Formula("c + 1", source=GRN_SOURCE, c="channels: a norm each; 1 more for their mean")


class GlobalResponseNorm(Layer, frozen=True):
    """Global response normalization: channels compete by their norms over all positions (ConvNeXt V2).

    y = x + weight · x · n + bias, where n is the channel's norm divided by the mean norm of all channels.
    """

    kind = "global_response_norm"
    family = "norm"
    aliases = ("grn", "globalresponsenorm")
    elsewhere = called()
    tensor_axes = axes(weight=("input channels",), bias=("input channels",))
    backward_reads = ("input",)

    eps: Annotated[NotNegative, says("added to the mean norm to avoid division by zero")] = 1e-6

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def weights(self, x: Shape) -> dict[str, Dims]:
        return {"weight": (x.channels,), "bias": (x.channels,)}

    def operations(self, x: Shape) -> Operations:
        return {
            "adds": GRN_ADDS(c=x.channels, p=x.positions),
            **each(x.size, multiplications=3),
            "divisions": GRN_DIVISIONS(c=x.channels),
            **each(x.channels, exponentials=1),
        }


KINDS: tuple[type[Layer], ...] = (
    BatchNorm,
    LayerNorm,
    GroupNorm,
    InstanceNorm,
    LocalResponseNorm,
    RmsNorm,
    GlobalResponseNorm,
)
