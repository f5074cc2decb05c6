"""Evaluate layers on small arrays: the output of each, and the sum behind every number."""

import re
from collections.abc import Sequence

from msgspec import Struct

from cnncalc.choices import Assumed
from cnncalc.executor.values import layer_by_layer
from cnncalc.graph import Node
from cnncalc.homework.calc.arrays import (
    Dims,
    Nested,
    dims_of,
    flat,
    flipped,
    mapped,
    recovered,
    shaped,
)
from cnncalc.homework.calc.terms import Reduction, sums_of
from cnncalc.layers import Layer, find_kind
from cnncalc.layers.activation import Softmax
from cnncalc.layers.convolution import ConvTranspose
from cnncalc.shapes import Shape
from cnncalc.spec import Spec
from cnncalc.spec.typed import spec_behind, spec_lines

LINE = re.compile(r"\s*(?P<kind>[\w-]+)\s*(:\s*(?P<main>[^,\s]*))?(?P<options>.*)", re.DOTALL)


class ValuesError(ValueError):
    """The arrays do not match the layers or each other."""


class WorkedLayer(Struct, frozen=True):
    """One layer: name, kind, output, and the sums behind it if the kind is supported."""

    name: str
    kind: str
    output: Nested
    sums: tuple[Reduction, ...]


class Worked(Struct, frozen=True):
    """The input, the kernels as applied, and the output of every layer."""

    input: Nested
    kernels: tuple[Nested, ...]
    steps: tuple[WorkedLayer, ...]


def worked(
    values: Nested,
    lines: Sequence[str],
    kernels: Sequence[Nested] = (),
    biases: Sequence[Nested] = (),
    flip: bool = False,
    assume: Assumed | None = None,
) -> Worked:
    """Evaluate layers on an array: a signal, an image, or channels of one.

    Args:
        values: the input.
        lines: layers as for `calc`; `filters` and `kernel` default to the array's sizes.
        kernels: one for each layer with a kernel, in order.
        biases: likewise; 0 by default.
        flip: whether to flip the kernels first.
        assume: the padding of notations that leave it open, such as `CONV3-1`.

    Raises:
        ValuesError: the arrays do not match the layers.
        SpecError: a line is invalid.
    """
    shape = _shape(dims_of(values))
    spec, given = _built(shape, spec_lines(lines, shape.rank, assume), kernels)
    rank = shape.rank
    tensors = _tensors(spec, given, biases)
    if flip:
        tensors = {
            key: flipped(each, rank) if key.endswith("weight") else each for key, each in tensors.items()
        }
    x = shaped(flat(values), shape.dims())
    outputs = {0: x, **dict(enumerate(layer_by_layer(spec, x, tensors), start=1))}
    outputs = {at: mapped(recovered, y) if at else y for at, y in outputs.items()}
    steps = []
    for at, node in enumerate(spec.graph.layers, start=1):
        mine = {
            key.rpartition(".")[2]: each for key, each in tensors.items() if key.startswith(f"{node.name}.")
        }
        sums = tuple(sums_of(node, outputs[node.inputs[0]], outputs[at], mine))
        steps.append(WorkedLayer(node.name, node.layer.kind, _without_channel(outputs[at], node.shape), sums))
    applied = tuple(flipped(kernel, rank) if flip else kernel for kernel in given.values())
    return Worked(values, applied, tuple(steps))


def _shape(dims: Dims) -> Shape:
    """One axis is a signal, two are an image; with more, channels come first."""
    if not 1 <= len(dims) <= 4:
        raise ValuesError("expected a list of numbers, a matrix, or one matrix per channel")
    return Shape(1, dims) if len(dims) < 3 else Shape(dims[0], dims[1:])


def _built(shape: Shape, lines: Sequence[str], kernels: Sequence[Nested]) -> tuple[Spec, dict[str, Nested]]:
    """The network of the lines, and the kernel of each layer with one."""
    waiting, given, items = list(kernels), {}, []
    spec = None
    for line in lines:
        kind = _kind(line)
        before = shape if spec is None else spec.graph.nodes[spec.graph.output].shape
        needs = kind is not None and kind.has_neurons
        if needs and not waiting:
            raise ValuesError(f"'{line.strip()}' needs a kernel, such as --kernel \"[[1, 0], [0, 1]]\"")
        items.append(_completed(line, kind, before, dims_of(waiting[0])) if kind and needs else line)
        spec = spec_behind(shape, *items)
        _check_softmax(spec.graph.nodes[-1])
        if needs:
            given[next(node.name for node in reversed(spec.graph.layers) if node.layer.has_neurons)] = (
                waiting.pop(0)
            )
    if spec is None:
        raise ValuesError('missing layer; add one, such as "conv: 1, kernel: 3"')
    if waiting:
        raise ValuesError(f"too many kernels: expected {len(given)}, found {len(kernels)}")
    return spec, given


def _check_softmax(node: Node) -> None:
    """Reject softmax over a single channel, which is always 1: a list of numbers is a signal here."""
    if isinstance(node.layer, Softmax) and node.shape.channels == 1:
        raise ValuesError(
            "softmax needs more than one channel, found 1; add flatten before it to make the numbers units"
        )


def _kind(line: str) -> type[Layer] | None:
    found = LINE.fullmatch(line)
    return find_kind(found["kind"]) if found else None


def _completed(line: str, kind: type[Layer], x: Shape, kernel: Dims) -> str:
    """A line with `filters` and `kernel` filled in from the kernel array if absent."""
    found = LINE.fullmatch(line)
    assert found is not None
    rank, main, options = x.rank, found["main"] or "", found["options"]
    if not main and kind.main == "filters":
        leading = kernel[: len(kernel) - rank]
        several = len(leading) == 2 or (len(leading) == 1 and x.channels == 1)
        main = str(leading[kind is ConvTranspose and len(leading) == 2] if several else 1)
    elif not main and kind.main == "units":
        main = str(kernel[0] if len(kernel) > 1 else 1)
    sizes = f"[{', '.join(map(str, kernel[-rank:]))}]" if rank and len(kernel) >= rank else ""
    if kind.main == "kernel":
        main = main or sizes
    elif "kernel" not in options and sizes and kind.main == "filters":
        options = f", kernel: {sizes}{options}"
    return f"{found['kind']}: {main}{options}"


def _tensors(spec: Spec, kernels: dict[str, Nested], biases: Sequence[Nested]) -> dict[str, Nested]:
    """All tensors of the network, from the given arrays; missing biases are 0."""
    waiting, tensors = list(biases), {}
    for node in spec.graph.layers:
        dims = node.layer.weights(*node.reads)
        if node.name in kernels:
            if "weight" not in dims:
                raise ValuesError(f"{node.layer.kind} has several kernels; write it as separate layers")
            tensors[f"{node.name}.weight"] = _fitting(node, kernels[node.name], dims["weight"])
        if "bias" in dims:
            bias = waiting.pop(0) if waiting else 0
            numbers = flat(bias) * (dims["bias"][0] if len(flat(bias)) == 1 else 1)
            if len(numbers) != dims["bias"][0] or len(dims["bias"]) > 1:
                raise ValuesError(
                    f"biases of {node.layer.kind}: expected {dims['bias'][0]}, found {len(numbers)}"
                )
            tensors[f"{node.name}.bias"] = shaped(numbers, dims["bias"])
    if waiting:
        raise ValuesError(f"too many biases: expected {len(biases) - len(waiting)}, found {len(biases)}")
    return tensors


def _fitting(node: Node, kernel: Nested, wanted: Dims) -> Nested:
    """A kernel in its layer's sizes; axes of size 1 may be omitted."""
    given = dims_of(kernel)
    if [n for n in given if n > 1] != [n for n in wanted if n > 1]:
        least = wanted[min((at for at, n in enumerate(wanted[:2]) if n > 1), default=2) :] or (1,)
        sizes = ["×".join(map(str, dims)) or "a single number" for dims in (given, least)]
        raise ValuesError(f"kernel of {node.layer.kind}: expected {sizes[1]}, found {sizes[0]}")
    return shaped(flat(kernel), wanted)


def _without_channel(y: Nested, shape: Shape) -> Nested:
    """The array without the axis of a single channel."""
    return y[0] if isinstance(y, tuple) and shape.channels == 1 and shape.rank else y
