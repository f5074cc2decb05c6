"""The image patches with the highest activation of a channel (Girshick et al. 2014, arXiv:1311.2524)."""

from math import prod

import numpy as np
from msgspec import Struct

from cnncalc.analysis.box import box_at
from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.gradients import until
from cnncalc.executor.io.inputs import InputError, only_input
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.names import node_of
from cnncalc.executor.network import Network, given, inside, tensors_of
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.visualize.effective_field import Intervals
from cnncalc.shapes import Layout
from cnncalc.spec import SpecLike

TOGETHER = 8
"""Number of images per batch."""

ALIKE = 0.5
"""Patches of one image with a larger overlap (intersection over union) are duplicates."""


class Patch(Struct, frozen=True):
    """The image patch in one unit's receptive field.

    Attributes:
        image: index of the image, from 0.
        unit: its position in the layer's map.
        value: the activation of the unit.
        box: first and last position along each axis of the image.
        pixels: the pixels of the patch, in the spec's layout.
    """

    image: int
    unit: tuple[int, ...]
    value: float
    box: Intervals
    pixels: Array


def patches(
    spec: SpecLike,
    layer: str,
    channel: int,
    images: Array | None = None,
    weights: Weights | None = None,
    *,
    best: int = 9,
    seed: int = 0,
    batch: int = 8,
    data_type: FloatName = "float32",
) -> tuple[Patch, ...]:
    """The patches with the highest activation of one channel, highest first.

    Args:
        spec: a spec, or anything that `load` takes.
        layer: name of a layer or block.
        channel: index of its channel.
        images: images in the spec's layout with a batch axis; default: noise.
        weights: tensors by `layer.tensor`; default: random.
        best: the number of patches; of overlapping ones only the strongest is returned.
        seed: seed for noise and weights.
        batch: batch size of the noise.
        data_type: data type of the computation.

    Raises:
        InputError: the images do not fit, or the layer is unknown.
        IndexError: the layer has no such channel.
        WeightsError: the weights do not fit.
    """
    spec = runnable(spec)
    graph = spec.graph
    at = node_of(graph, layer)
    shape = graph.nodes[at].shape
    if not 0 <= channel < shape.channels:
        raise IndexError(f"{layer} has no channel {channel}: expected 0 to {shape.channels - 1}")
    if not only_input(graph).rank:
        raise InputError("expected images; the network's input is a vector")
    x = given(graph, images, batch, seed, data_type)
    network = Network(until(graph, at), tensors_of(graph, weights, seed, data_type), data_type)
    parts = [network.run(x[start : start + TOGETHER]).output for start in range(0, len(x), TOGETHER)]
    answers = inside(np.concatenate(parts), graph.layout)[..., channel]
    found: list[Patch] = []
    for flat in np.argsort(-answers, axis=None, kind="stable"):
        image, *unit = (int(n) for n in np.unravel_index(flat, answers.shape))
        box = box_at(graph, at, layer, tuple(unit)).intervals
        if box is None or any(image == other.image and _alike(box, other.box) for other in found):
            continue
        pixels = _cut(x[image], box, graph.layout)
        found.append(Patch(image, tuple(unit), float(answers[image, *unit]), box, pixels))
        if len(found) == best:
            break
    return tuple(found)


def _alike(a: Intervals, b: Intervals) -> bool:
    """Whether two boxes overlap by more than the limit."""
    both = zip(a, b, strict=True)
    shared = prod(max(min(a1, b1) - max(a0, b0) + 1, 0) for (a0, a1), (b0, b1) in both)
    areas = [prod(last - first + 1 for first, last in box) for box in (a, b)]
    return shared > ALIKE * (sum(areas) - shared)


def _cut(image: Array, box: Intervals, layout: Layout) -> Array:
    part = tuple(slice(first, last + 1) for first, last in box)
    return np.array(image[part] if layout == "hwc" else image[:, *part])
