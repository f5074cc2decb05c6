"""Pooling to a given output size: adaptive, spatial pyramid and spectral."""

from math import prod
from typing import Annotated, Literal

from cnncalc.formula import Formula, Working
from cnncalc.layers.base import (
    Count,
    Example,
    Layer,
    LayerError,
    Operations,
    PerAxis,
    Weightless,
    Windows,
    called,
    each,
    expected,
    need_axes,
    per_axis,
    says,
)
from cnncalc.shapes import Shape
from cnncalc.window import Bins

BIN_REDUCTION = Formula(
    "c * (t - b)",
    c="channels",
    t="sum of all bin sizes",
    b="bins: reducing a bin of v values to one takes v − 1 steps",
)


class AdaptivePool(Weightless, frozen=True):
    """Base class of adaptive pooling, which has a fixed output size."""

    family = "pool"
    main = "size"

    size: Annotated[PerAxis, says("output size along each axis")]

    def windows(self, x: Shape) -> Windows:
        return "everything" if self.output(x).is_vector else self.bins(x)

    def bins(self, x: Shape) -> tuple[Bins, ...]:
        """The bins along each axis."""
        return tuple(map(Bins, x.spatial, per_axis(self.size, x, "size")))

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        return Shape(x.channels, per_axis(self.size, x, "size"))

    def reduction(self, x: Shape) -> Working:
        """The number of operations that reduce each bin to one value."""
        t = prod(bins.total_taps for bins in self.bins(x))
        return BIN_REDUCTION(c=x.channels, t=t, b=self.output(x).positions)


class AdaptiveAvgPool(AdaptivePool, frozen=True):
    """Average pooling to a fixed output size, over bins that adapt to the input."""

    kind = "adaptive_avgpool"
    aliases = ("adaptiveavgpool", "adaptiveaveragepool")
    elsewhere = called(pytorch="torch.nn.AdaptiveAvgPool2d", keras="keras.layers.AdaptiveAveragePooling2D")
    example = Example("{adaptive_avgpool: 7}")

    def operations(self, x: Shape) -> Operations:
        return {"adds": self.reduction(x), **each(self.output(x).size, divisions=1)}


class AdaptiveMaxPool(AdaptivePool, frozen=True):
    """Max pooling to a fixed output size, over bins that adapt to the input."""

    kind = "adaptive_maxpool"
    aliases = ("adaptivemaxpool",)
    elsewhere = called(pytorch="torch.nn.AdaptiveMaxPool2d", keras="keras.layers.AdaptiveMaxPooling2D")
    example = Example("{adaptive_maxpool: 7}")
    backward_reads = ("choice",)

    def operations(self, x: Shape) -> Operations:
        return {"comparisons": self.reduction(x)}


class SpatialPyramidPool(Weightless, frozen=True):
    """Pools over several grids and concatenates the results into one vector of fixed length.

    A dense layer after it accepts inputs of any size (He, Zhang, Ren & Sun 2014, arXiv:1406.4729).
    """

    kind = "spatial_pyramid_pool"
    family = "pool"
    main = "bins"
    aliases = ("spp", "spatialpyramidpooling")
    elsewhere = called()
    example = Example("{spatial_pyramid_pool: [1, 2, 4]}")
    backward_reads = ("choice",)

    bins: Annotated[
        tuple[Count, ...],
        expected("a list of whole numbers of at least 1"),
        says("bins along each axis, for each level"),
    ] = (1, 2, 4)
    mode: Annotated[Literal["max", "avg"], says("whether each bin gives its maximum or mean")] = "max"

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def _levels(self, x: Shape) -> tuple[AdaptivePool, ...]:
        kind = AdaptiveMaxPool if self.mode == "max" else AdaptiveAvgPool
        return tuple(kind(bins) for bins in self.bins)

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        if not self.bins:
            raise LayerError("no-bins", "bins needs at least one level", "bins", "for example [1, 2, 4]")
        return Shape(sum(level.output(x).size for level in self._levels(x)))

    def operations(self, x: Shape) -> Operations:
        t = sum(prod(bins.total_taps for bins in level.bins(x)) for level in self._levels(x))
        y = self.output(x)
        steps = BIN_REDUCTION(c=x.channels, t=t, b=y.channels // x.channels)
        if self.mode == "max":
            return {"comparisons": steps}
        return {"adds": steps, **each(y.size, divisions=1)}


SPECTRAL = Formula(
    "c * t",
    source="Rippel, Snoek & Adams 2015, arXiv:1506.03767, as one real matrix per axis",
    c="channels",
    t="matrix entries of each axis in turn, times the positions of the other axes",
)


class SpectralPool(Weightless, frozen=True):
    """Keeps the lowest frequencies of each map to reach a given output size."""

    kind = "spectral_pool"
    family = "pool"
    main = "size"
    aliases = ("spectralpool", "spectralpooling")
    elsewhere = called()
    example = Example("{spectral_pool: 16}")

    size: Annotated[PerAxis, says("output size along each axis, at most the input's")]

    def windows(self, x: Shape) -> Windows:
        return "everything"

    def output(self, x: Shape) -> Shape:
        need_axes(x, self.kind)
        sizes = per_axis(self.size, x, "size")
        if any(m > n for m, n in zip(sizes, x.spatial, strict=True)):
            message = "spectral_pool cannot enlarge {}"
            raise LayerError(
                "too-few-frequencies", message, "size", "use upsample to enlarge a map", shapes=(x,)
            )
        return Shape(x.channels, sizes)

    def operations(self, x: Shape) -> Operations:
        sizes, entries = list(x.spatial), 0
        for axis, m in enumerate(self.output(x).spatial):
            entries += m * prod(sizes)
            sizes[axis] = m
        products = SPECTRAL(c=x.channels, t=entries)
        return {"multiplications": products, "adds": products}


KINDS: tuple[type[Layer], ...] = (AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool, SpectralPool)
