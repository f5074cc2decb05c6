"""Shape: the channels and spatial sizes of one tensor, without the batch."""

import math
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Layout = Literal["chw", "hwc"]
"""Channels first, as PyTorch writes shapes, or channels last, as textbooks and Keras do."""

LARGEST = 10**18
"""The largest size or option: with it every product of a layer still fits in a float."""

AXES: dict[int, tuple[str, ...]] = {
    0: (),
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}
"""The names of the spatial axes, by the number of axes."""


class Shape(Struct, frozen=True, gc=False):
    """`channels` feature maps with `spatial` sizes; a vector has no spatial axes.

    >>> Shape(3, (224, 224)).size
    150528
    """

    channels: int
    spatial: tuple[int, ...] = ()

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.spatial)

    @property
    def positions(self) -> int:
        """Positions in one feature map; 1 for a vector."""
        return math.prod(self.spatial)

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.channels * math.prod(self.spatial)

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of the spatial axes."""
        return AXES[len(self.spatial)]

    @property
    def is_vector(self) -> bool:
        """Whether there is one value per channel; axes of size 1 are allowed."""
        return self.positions == 1

    def dims(self, layout: Layout = "chw") -> tuple[int, ...]:
        """All sizes, in the order of `layout`."""
        if layout == "hwc":
            return (*self.spatial, self.channels)
        return (self.channels, *self.spatial)

    def text(self, layout: Layout = "chw") -> str:
        """`64×56×56`, or `56×56×64` with channels last."""
        return "×".join(map(str, self.dims(layout)))


def listed(shapes: Mapping[str, Shape], layout: Layout = "chw") -> str:
    """The shape of the only tensor, or the names and shapes of several.

    >>> listed({"image": Shape(3, (8, 8)), "mask": Shape(1, (8, 8))})
    'image 3×8×8, mask 1×8×8'
    """
    if len(shapes) == 1:
        return next(iter(shapes.values())).text(layout)
    return ", ".join(f"{name} {shape.text(layout)}" for name, shape in shapes.items())


def shape_of(dims: tuple[int, ...], layout: Layout = "chw") -> Shape:
    """The shape given by `dims` in `layout`."""
    if layout == "hwc":
        return Shape(dims[-1], dims[:-1])
    return Shape(dims[0], dims[1:])
