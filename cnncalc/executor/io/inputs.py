"""The input of a run: an array that fits the network, or noise."""

from collections.abc import Mapping

import numpy as np

from cnncalc.datatypes import FloatName
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.graph import Graph
from cnncalc.problems import did_you_mean
from cnncalc.shapes import Layout, Shape

Inputs = Array | Mapping[str, Array]
"""The array of the only input, or the arrays of several inputs by name."""


class InputError(ValueError):
    """An array that does not fit the network."""


def noise(
    shape: Shape,
    layout: Layout,
    batch: int,
    seed: int,
    data_type: FloatName = "float32",
    name: str = "input",
    whole: int = 0,
) -> Array:
    """Normally distributed input, reproducible by seed and by the name of the input.

    With `whole`, whole numbers from 0 up to, but not including it, all equally likely.
    """
    generator = np.random.Generator(np.random.PCG64([seed, *name.encode()]))
    sizes = batch, *shape.dims(layout)
    if whole:
        return generator.integers(0, whole, sizes).astype(data_type)
    values: Array = generator.standard_normal(sizes, dtype=np.float32)
    return values.astype(data_type, copy=False)


def noises(graph: Graph, batch: int, seed: int, data_type: FloatName = "float32") -> dict[str, Array]:
    """Noise for every input of a network, by name."""
    return {
        node.name: noise(
            node.shape, graph.layout, batch, seed, data_type, node.name, whole_numbers(graph, at)
        )
        for at, node in enumerate(graph.inputs)
    }


def whole_numbers(graph: Graph, entry: int) -> int:
    """How many values an input may have, as whole numbers from 0; 0 if it takes any numbers."""
    readers = (node.layer.whole_numbers() for node in graph.layers if entry in node.inputs)
    return min(filter(None, (graph.nodes[entry].layer.whole_numbers(), *readers)), default=0)


def _check_whole(array: Array, values: int) -> None:
    """Raises InputError unless all are whole numbers from 0 up to, but not including, `values`."""
    wrong = array[(array != np.rint(array)) | (array < 0) | (array >= values)]
    if wrong.size:
        more = f" and {wrong.size - 1:,} more" if wrong.size > 1 else ""
        raise InputError(f"expected whole numbers from 0 to {values - 1:,}; found {wrong[0]:g}{more}")


def only_input(graph: Graph) -> Shape:
    """The shape of the only input; raises InputError if there are several."""
    if graph.entries > 1:
        names = ", ".join(node.name for node in graph.inputs)
        raise InputError(f"expected a network with one input; this one has {graph.entries}: {names}")
    return graph.inputs[0].shape


def arrays_of(graph: Graph, x: Inputs) -> list[Array]:
    """The arrays of a network's inputs in their order; raises InputError if one is missing or unknown."""
    names = [node.name for node in graph.inputs]
    listed = ", ".join(names)
    if not isinstance(x, Mapping):
        if len(names) > 1:
            raise InputError(f"expected a dict with the arrays of {len(names)} inputs: {listed}")
        return [x]
    for name in x:
        if name not in names:
            hint = did_you_mean(str(name), names) or f"the inputs: {listed}"
            raise InputError(f"there is no input '{name}'; {hint}")
    missing = [name for name in names if name not in x]
    if missing:
        raise InputError(f"no array for the input{'s' * (len(missing) > 1)} {', '.join(missing)}")
    return [x[name] for name in names]


def checked_inputs(graph: Graph, x: Inputs, data_type: FloatName) -> dict[str, Array]:
    """The arrays of all inputs by name, each with a batch axis and of the same number of samples.

    Raises:
        InputError: one is missing, unknown, or does not fit.
    """
    arrays = zip(graph.inputs, arrays_of(graph, x), strict=True)
    found: dict[str, Array] = {}
    for at, (node, array) in enumerate(arrays):
        try:
            found[node.name] = checked_input(array, node.shape, graph.layout, data_type)
            if values := whole_numbers(graph, at):
                _check_whole(found[node.name], values)
        except InputError as error:
            raise InputError(f"{node.name}: {error}" if graph.entries > 1 else str(error)) from None
    sizes = {name: len(array) for name, array in found.items()}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise InputError(f"expected the same number of samples for every input; found {listed}")
    return found


def checked_input(x: Array, shape: Shape, layout: Layout, data_type: FloatName) -> Array:
    """`x` with a batch axis, converted to a data type.

    Raises:
        InputError: it is not numeric, does not fit the network's input, or contains NaN or infinity.
    """
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise InputError("the input has rows of different lengths") from error
    batch = samples(array.shape, array.dtype, shape, layout)
    with np.errstate(over="ignore"):  # overflow gives infinity, which is reported below
        array = array.reshape(batch, *shape.dims(layout)).astype(data_type, copy=False)
    bad = int(array.size - np.count_nonzero(np.isfinite(array)))
    if bad:
        are = f"{bad:,} input values are" if bad > 1 else "1 input value is"
        raise InputError(f"{are} NaN or infinite in {data_type}")
    return array


def samples(sizes: tuple[int, ...], data_type: np.dtype, shape: Shape, layout: Layout) -> int:
    """The number of samples in an array of this shape.

    Raises:
        InputError: it is not numeric, or does not fit the network's input.
    """
    if data_type.kind not in "fiu":
        raise InputError(f"the input must be numeric; found {data_type}")
    dims = shape.dims(layout)
    if sizes == dims:
        return 1
    if sizes[1:] == dims and sizes[0]:
        return sizes[0]
    found, wanted = "×".join(map(str, sizes)), "×".join(map(str, dims))
    if sizes == (0, *dims):
        raise InputError(f"the input is an empty batch: {found}")
    turned = shape.dims("hwc" if layout == "chw" else "chw")
    is_turned = sizes[-len(dims) :] == turned != dims
    hint = f"; the axes seem to be transposed: expected layout {layout}" if is_turned else ""
    raise InputError(
        f"expected an input of {wanted}, with or without a batch axis; found {found or 'a scalar'}{hint}"
    )
