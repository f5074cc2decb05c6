"""The input of a run: an array that fits the network, or noise."""

import numpy as np

from cnncalc.datatypes import FloatName
from cnncalc.executor.runtime.arithmetic import Array
from cnncalc.shapes import Layout, Shape


class InputError(ValueError):
    """An array that does not fit the network."""


def noise(shape: Shape, layout: Layout, batch: int, seed: int, data_type: FloatName = "float32") -> Array:
    """Normally distributed input, reproducible by seed."""
    generator = np.random.Generator(np.random.PCG64([seed, *b"input"]))
    values: Array = generator.standard_normal((batch, *shape.dims(layout)), dtype=np.float32)
    return values.astype(data_type, copy=False)


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
