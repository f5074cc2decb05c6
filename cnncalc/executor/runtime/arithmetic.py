"""NumPy arithmetic that counts every operation, to check the operation counts of the analysis."""

from collections import Counter
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from cnncalc.layers.base import Elementary

Array = NDArray[np.floating]
"""A tensor inside the executor: (batch, *spatial, channels), or (batch, channels) for vectors."""

Operand = Array | float
Out = Array | None


class Arithmetic:
    """Methods named after NumPy functions; each counts one operation per result element.

    Uncounted work, such as preparing weights, calls NumPy directly.
    """

    def __init__(self) -> None:
        self.counts: Counter[Elementary] = Counter()
        self.macs_on_padding = 0
        self._counting = Lock()  # several workers may count at once

    def _count(self, kind: Elementary, number: int) -> None:
        with self._counting:
            self.counts[kind] += number

    def _did(self, kind: Elementary, y: Array) -> Array:
        self._count(kind, y.size)
        return y

    def matmul(self, a: Array, b: Array, out: Out = None) -> Array:
        """Matrix product: one multiply-add for each result and each summed element."""
        y: Array = np.matmul(a, b, out=out) if out is not None else np.matmul(a, b)
        self._count("macs", y.size * a.shape[-1])
        return y

    def products(self, a: Array, b: Array) -> Array:
        """Matrix product with constants: counted as multiplications and adds, not as multiply-adds."""
        y: Array = np.matmul(a, b)
        self._count("multiplications", y.size * a.shape[-1])
        self._count("adds", y.size * a.shape[-1])
        return y

    def einsum(self, subscripts: str, a: Array, b: Array, out: Out = None) -> Array:
        """Sum of products: one multiply-add for each combination of indices."""
        reads, _, _ = subscripts.partition("->")
        first, second = reads.split(",")
        sizes = dict(zip(first, a.shape, strict=True)) | dict(zip(second, b.shape, strict=True))
        self._count("macs", int(np.prod(list(sizes.values()), dtype=object)))
        y: Array = np.einsum(subscripts, a, b) if out is None else np.einsum(subscripts, a, b, out=out)
        return y

    def add(self, a: Operand, b: Operand, out: Out = None) -> Array:
        return self._did("adds", np.add(a, b, out=out))

    def subtract(self, a: Operand, b: Operand, out: Out = None) -> Array:
        return self._did("adds", np.subtract(a, b, out=out))

    def multiply(self, a: Operand, b: Operand, out: Out = None) -> Array:
        return self._did("multiplications", np.multiply(a, b, out=out))

    def divide(self, a: Operand, b: Operand, out: Out = None) -> Array:
        return self._did("divisions", np.divide(a, b, out=out))

    def maximum(self, a: Operand, b: Operand, out: Out = None) -> Array:
        return self._did("comparisons", np.maximum(a, b, out=out))

    def minimum(self, a: Operand, b: Operand, out: Out = None) -> Array:
        return self._did("comparisons", np.minimum(a, b, out=out))

    def clip(self, a: Array, low: float, high: float, out: Out = None) -> Array:
        """Two comparisons per element, in one pass."""
        self._count("comparisons", a.size)
        return self._did("comparisons", np.clip(a, low, high, out=out))

    def where_above(self, x: Array, limit: float, above: Operand, otherwise: Operand) -> Array:
        """`above` where `x` is above a limit, `otherwise` elsewhere."""
        self._count("comparisons", x.size)
        y: Array = np.where(x > limit, above, otherwise).astype(x.dtype, copy=False)
        return y

    def positive_or(self, x: Array, otherwise: Array) -> Array:
        """`x` where it is above 0, `otherwise` elsewhere."""
        return self.where_above(x, 0, x, otherwise)

    def exp(self, x: Array, out: Out = None) -> Array:
        return self._did("exponentials", np.exp(x, out=out))

    def log(self, x: Array, out: Out = None) -> Array:
        return self._did("exponentials", np.log(x, out=out))

    def expm1(self, x: Array, out: Out = None) -> Array:
        """exp(x) − 1, exact also for small x: one exponential and one add."""
        self._count("adds", x.size)
        return self._did("exponentials", np.expm1(x, out=out))

    def log1p(self, x: Array, out: Out = None) -> Array:
        """log(1 + x), exact also for small x: one add and one logarithm."""
        self._count("adds", x.size)
        return self._did("exponentials", np.log1p(x, out=out))

    def sqrt(self, x: Array, out: Out = None) -> Array:
        return self._did("exponentials", np.sqrt(x, out=out))

    def tanh(self, x: Array, out: Out = None) -> Array:
        return self._did("exponentials", np.tanh(x, out=out))

    def power(self, x: Array, exponent: float, out: Out = None) -> Array:
        return self._did("exponentials", np.power(x, exponent, out=out))

    def erf(self, x: Array) -> Array:
        return self._did("exponentials", erf(x))

    def sum(self, x: Array, axes: tuple[int, ...]) -> Array:
        """The sum over axes, which are kept with size 1: n values take n − 1 adds."""
        y: Array = np.sum(x, axis=axes, keepdims=True)
        self._count("adds", x.size - y.size)
        return y

    def max(self, x: Array, axes: tuple[int, ...]) -> Array:
        """The maximum over axes, which are kept with size 1: n values take n − 1 comparisons."""
        y: Array = np.max(x, axis=axes, keepdims=True)
        self._count("comparisons", x.size - y.size)
        return y

    def min(self, x: Array, axes: tuple[int, ...]) -> Array:
        """The minimum over axes, which are kept with size 1: n values take n − 1 comparisons."""
        y: Array = np.min(x, axis=axes, keepdims=True)
        self._count("comparisons", x.size - y.size)
        return y

    def prod(self, x: Array, axes: tuple[int, ...]) -> Array:
        """The product over axes, which are kept with size 1: n values take n − 1 multiplications."""
        y: Array = np.prod(x, axis=axes, keepdims=True)
        self._count("multiplications", x.size - y.size)
        return y


# Numerator and denominator for each range, constant term first.
SMALL = (
    (
        3.209377589138469472562e3,
        3.774852376853020208137e2,
        1.138641541510501556495e2,
        3.161123743870565596947,
    ),
    (
        2.844236833439170622273e3,
        1.282616526077372275645e3,
        2.440246379344441733056e2,
        2.360129095234412093499e1,
    ),
)
SMALL_LAST = 1.857777061846031526730e-1
MIDDLE = (
    (
        1.23033935479799725272e3,
        2.05107837782607146532e3,
        1.71204761263407058314e3,
        8.81952221241769090411e2,
        2.98635138197400131132e2,
        6.61191906371416294775e1,
        8.88314979438837594118,
        5.64188496988670089180e-1,
        2.15311535474403846343e-8,
    ),
    (
        1.23033935480374942043e3,
        3.43936767414372163696e3,
        4.36261909014324715820e3,
        3.29079923573345962678e3,
        1.62138957456669018874e3,
        5.37181101862009857509e2,
        1.17693950891312499305e2,
        1.57449261107098347253e1,
        1.0,
    ),
)
FLAT = 6.0
"""From here on, erf is 1 in double precision."""


def erf(x: Array) -> Array:
    """The elementwise error function, nearly exact in double precision.

    Cody 1969, Rational Chebyshev approximation for the error function, Mathematics of Computation 23.
    """
    z = np.abs(x.astype(np.float64)).clip(max=FLAT)
    near = z <= 0.46875
    squares = np.where(near, z * z, 0.0)
    top, bottom = (*SMALL[0], SMALL_LAST), (*SMALL[1], 1.0)
    small = z * _polynomial(top, squares) / _polynomial(bottom, squares)
    far = np.where(near, 1.0, z)
    large = 1 - np.exp(-far * far) * _polynomial(MIDDLE[0], far) / _polynomial(MIDDLE[1], far)
    result: Array = np.copysign(np.where(near, small, large), x).astype(x.dtype)
    return result


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    y: Array = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        y = y * x + coefficient
    return y
