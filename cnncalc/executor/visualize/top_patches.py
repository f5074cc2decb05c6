"""The patches of some images that excite a neuron most, cut out (Girshick et al. 2014, arXiv:1311.2524)."""

from math import prod

import numpy as np
from msgspec import Struct

from cnncalc.analysis.box import box_at
from cnncalc.datatypes import FloatName
from cnncalc.executor.gradients import until
from cnncalc.executor.io.inputs import InputError
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.names import node_of
from cnncalc.executor.network import Network, given, inside, tensors_of
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.executor.visualize.effective_field import Intervals
from cnncalc.shapes import Layout
from cnncalc.spec import Spec

TOGETHER = 8
"""Images that run as one batch."""

ALIKE = 0.5
"""Patches of one image that share more than this of both their areas show the same thing twice."""


class Patch(Struct, frozen=True):
    """What one unit sees.

    Attributes:
        image: which one, counted from 0.
        unit: the position in the layer's map.
        value: what the unit puts out.
        box: first and last position along each axis of the image.
        pixels: the part of the image, in the spec's layout.
    """

    image: int
    unit: tuple[int, ...]
    value: float
    box: Intervals
    pixels: Array


def patches(
    spec: Spec,
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
    """The patches that a neuron, one channel of a layer, answers to most; the strongest first.

    Args:
        spec: what `load` gave.
        layer: a layer's or block's name.
        channel: which of its neurons.
        images: in the spec's layout with a batch in front; noise when not given.
        weights: tensors by `layer.tensor`; drawn when not given.
        best: how many are wanted; of patches that mostly overlap only the strongest is taken.
        seed: what noise and weights are drawn from.
        batch: how many images of noise.
        data_type: what is computed in.

    Raises:
        InputError: the images do not fit, or there is no such layer.
        IndexError: the layer has no such channel.
        WeightsError: the weights do not fit.
    """
    graph = spec.graph
    at = node_of(graph, layer)
    shape = graph.nodes[at].shape
    if not 0 <= channel < shape.channels:
        raise IndexError(f"{layer} has no channel {channel}: they go from 0 to {shape.channels - 1}")
    if not graph.nodes[0].shape.rank:
        raise InputError("the input is a vector, not an image")
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
    """Whether most of two boxes, laid over each other, is common to both."""
    both = zip(a, b, strict=True)
    shared = prod(max(min(a1, b1) - max(a0, b0) + 1, 0) for (a0, a1), (b0, b1) in both)
    areas = [prod(last - first + 1 for first, last in box) for box in (a, b)]
    return shared > ALIKE * (sum(areas) - shared)


def _cut(image: Array, box: Intervals, layout: Layout) -> Array:
    part = tuple(slice(first, last + 1) for first, last in box)
    return np.array(image[part] if layout == "hwc" else image[:, *part])
