"""The input of a run: an array that fits the network, or noise."""

import numpy as np

from cnncalc.datatypes import FloatName
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.shapes import Layout, Shape


class InputError(ValueError):
    """An array that the network cannot take."""


def noise(shape: Shape, layout: Layout, batch: int, seed: int, data_type: FloatName = "float32") -> Array:
    """Normally distributed numbers as an input, the same for the same seed."""
    generator = np.random.Generator(np.random.PCG64([seed, *b"input"]))
    values: Array = generator.standard_normal((batch, *shape.dims(layout)), dtype=np.float32)
    return values.astype(data_type, copy=False)


def taken(x: Array, shape: Shape, layout: Layout, data_type: FloatName) -> Array:
    """`x` with a batch in front, as numbers of a type.

    Raises:
        InputError: it holds no numbers, has other sizes than the network's input, or holds NaN or infinity.
    """
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise InputError("the input has rows of different lengths") from error
    batch = samples(array.shape, array.dtype, shape, layout)
    with np.errstate(over="ignore"):  # what is too large for the type is not finite in it
        array = array.reshape(batch, *shape.dims(layout)).astype(data_type, copy=False)
    bad = int(array.size - np.count_nonzero(np.isfinite(array)))
    if bad:
        are = f"{bad:,} numbers of the input are" if bad > 1 else "a number of the input is"
        raise InputError(f"{are} not finite in {data_type} (NaN or infinity)")
    return array


def samples(sizes: tuple[int, ...], data_type: np.dtype, shape: Shape, layout: Layout) -> int:
    """How many samples of a network's input an array of these sizes holds.

    Raises:
        InputError: it holds no numbers, or has other sizes than the network's input.
    """
    if data_type.kind not in "fiu":
        raise InputError(f"the input holds {data_type}, not numbers")
    dims = shape.dims(layout)
    if sizes == dims:
        return 1
    if sizes[1:] == dims and sizes[0]:
        return sizes[0]
    found, wanted = "×".join(map(str, sizes)), "×".join(map(str, dims))
    if sizes == (0, *dims):
        raise InputError(f"the input is {found}: it holds no sample")
    turned = shape.dims("hwc" if layout == "chw" else "chw")
    is_turned = sizes[-len(dims) :] == turned != dims
    hint = f"; it seems to be in the other order, and {layout} is needed" if is_turned else ""
    raise InputError(
        f"the input is {found or 'a single number'}, and the network takes {wanted}, "
        f"with or without a batch in front{hint}"
    )
