"""Occlusion: how an output changes when a grey patch covers parts of an image (Zeiler & Fergus 2013)."""

from collections.abc import Iterator
from itertools import islice, product
from math import prod

import numpy as np
from msgspec import Struct

from cnncalc.datatypes import FloatName
from cnncalc.executor.declared import runnable
from cnncalc.executor.gradients import Place, Unit, as_tuple, place_of, until
from cnncalc.executor.io.inputs import InputError, only_input
from cnncalc.executor.io.weights import Weights
from cnncalc.executor.names import node_of
from cnncalc.executor.network import Network, Watch, given, inside, tensors_of
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.spec import SpecLike

TOGETHER = 16
"""Number of occluded images per batch."""


class Occlusion(Struct, frozen=True):
    """The output for each position of a grey patch.

    Attributes:
        of, unit: the layer and unit.
        value: the output for the original image.
        patch: the sizes of the grey patch.
        starts: the start positions of patches along each axis.
        map: the output for each patch position.
    """

    of: str
    unit: tuple[int, ...]
    value: float
    patch: tuple[int, ...]
    starts: tuple[tuple[int, ...], ...]
    map: Array

    def __repr__(self) -> str:
        return f"<Occlusion of {self.of}: map {'×'.join(map(str, self.map.shape))}>"

    @property
    def drop(self) -> Array:
        """The decrease of the output; large where the patch covers what it depends on."""
        return np.asarray(self.value - self.map)


def occlusion(
    spec: SpecLike,
    x: Array | None = None,
    weights: Weights | None = None,
    *,
    of: str | None = None,
    unit: Unit | None = None,
    patch: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] | None = None,
    seed: int = 0,
    data_type: FloatName = "float32",
    watch: Watch | None = None,
) -> Occlusion:
    """Moves a grey patch over an image and runs the network for each position.

    Args:
        spec: a spec, or anything that `load` takes.
        x: one image in the spec's layout; default: noise.
        weights: tensors by `layer.tensor`; default: random.
        of: name of a layer or block; default: the network's output.
        unit: as in `gradients`; default: the largest output of a vector, or the middle of a map.
        patch: sizes of the patch; default: an eighth of the image. It is filled with each channel's mean.
        stride: step between patch positions; default: half the patch.
        seed: seed for noise and weights.
        data_type: data type of the computation.
        watch: progress callback, called after each batch.

    Raises:
        InputError: the image does not fit or is a batch, the patch is too large, or the layer is unknown.
        IndexError: the layer has no such unit.
        WeightsError: the weights do not fit.
    """
    spec = runnable(spec)
    graph = spec.graph
    at = node_of(graph, of)
    image = given(graph, x, 1, seed, data_type)
    sizes = only_input(graph).spatial
    if len(image) > 1 or not sizes:
        raise InputError("expected a single image" if sizes else "expected an image; the input is a vector")
    hidden, starts = patches_of(sizes, patch, stride)
    network = Network(until(graph, at), tensors_of(graph, weights, seed, data_type), data_type)
    whole = inside(network.run(image).output, graph.layout)[0]
    chosen: Unit = unit if unit is not None else _strongest(whole)
    name = of or graph.nodes[at].name
    place = place_of(name, graph.nodes[at].shape, graph.layout, chosen)
    counts = [len(axis) for axis in starts]
    values: list[float] = []
    for batch in _covered(image, starts, hidden, graph.layout == "hwc"):
        outputs = inside(network.run(batch).output, graph.layout)
        values += [_watched(output, place) for output in outputs]
        if watch:
            watch(len(values), prod(counts))
    left = np.array(values).reshape(counts)
    return Occlusion(name, as_tuple(chosen) or (), _watched(whole, place), hidden, starts, left)


Sizes = tuple[int, ...]


def patches_of(
    image: Sizes, patch: int | Sizes | None = None, stride: int | Sizes | None = None
) -> tuple[Sizes, tuple[Sizes, ...]]:
    """The sizes of the patch and its start positions along each axis; raises InputError."""
    hidden = _per_axis(patch, tuple(max(n // 8, 1) for n in image), "patch")
    steps = _per_axis(stride, tuple(max(n // 2, 1) for n in hidden), "stride")
    if any(h > n for h, n in zip(hidden, image, strict=True)):
        raise InputError("the patch is larger than the image")
    return hidden, tuple(tuple(_starts(n, h, s)) for n, h, s in zip(image, hidden, steps, strict=True))


def _watched(y: Array, place: Place) -> float:
    """The output of the unit, or the sum over the channels at its position."""
    position, channel = place
    return float(y[*position, channel].sum())


def _per_axis(value: int | tuple[int, ...] | None, otherwise: tuple[int, ...], what: str) -> tuple[int, ...]:
    sizes = otherwise if value is None else (value,) * len(otherwise) if isinstance(value, int) else value
    if len(sizes) != len(otherwise) or min(sizes) < 1:
        raise InputError(f"{what} must be a whole number above 0, or one per axis; found {value}")
    return sizes


def _strongest(y: Array) -> Unit:
    """The largest output of a vector, or the middle position of a map."""
    if y.size == y.shape[-1]:
        return int(y.argmax())
    return tuple((n - 1) // 2 for n in y.shape[:-1])


def _starts(n: int, hidden: int, step: int) -> Iterator[int]:
    """Start positions at every step, plus the end, so every part of the image is covered."""
    yield from range(0, n - hidden, step)
    yield n - hidden


def _covered(
    image: Array, starts: tuple[tuple[int, ...], ...], hidden: tuple[int, ...], channels_last: bool
) -> Iterator[Array]:
    """Batches of the image with a patch of each channel's mean at every position."""
    spatial = tuple(range(1, image.ndim - 1)) if channels_last else tuple(range(2, image.ndim))
    grey = image.mean(axis=spatial, keepdims=True)
    places = product(*starts)
    while batch := list(islice(places, TOGETHER)):
        covered = np.repeat(image, len(batch), axis=0)
        for sample, place in zip(covered, batch, strict=True):
            part = tuple(slice(first, first + n) for first, n in zip(place, hidden, strict=True))
            view = sample[part] if channels_last else sample[:, *part]
            view[...] = grey[0]
        yield covered
