"""One axis of a layer: how many outputs it has, and which inputs each output reads.

Sizes and receptive fields both come from here, so that they cannot disagree.
"""

from fractions import Fraction
from math import gcd
from typing import Literal

from msgspec import Struct

from cnncalc.formula import Formula, Working

Rounding = Literal["floor", "ceil", "exact"]
PaddingMode = Literal["valid", "same", "same_lower", "half", "causal", "full"]

DUMOULIN = "Dumoulin & Visin 2016, arXiv:1603.07285"

EFFECTIVE_KERNEL = Formula(
    "d * (k - 1) + 1",
    source=f"{DUMOULIN}, section 5.1",
    d="dilation",
    k="kernel size",
)
OUTPUT_SIZE = Formula(
    "floor((n + p - d*(k - 1) - 1) / s) + 1",
    source=f"{DUMOULIN}, relationship 15",
    n="input size",
    p="padding, both sides together",
    d="dilation",
    k="kernel size",
    s="stride",
)
OUTPUT_SIZE_CEIL = Formula(
    "ceil((n + p - d*(k - 1) - 1) / s) + 1",
    source="ceil_mode of torch.nn.MaxPool2d; Caffe's pooling layer",
    n="input size",
    p="padding, both sides together",
    d="dilation",
    k="kernel size",
    s="stride",
)
FITTING_SIZE = Formula(
    "(n + p - d*(k - 1) - 1) / s + 1",
    source=f"{DUMOULIN}, relationship 15, before it is rounded",
    n="input size",
    p="padding, both sides together",
    d="dilation",
    k="kernel size",
    s="stride",
)
PADDED_SIZE = Formula("n + p", n="input size", p="padding, both sides together")
TRANSPOSED_SIZE = Formula(
    "(n - 1) * s - p + d*(k - 1) + a + 1",
    source=f"{DUMOULIN}, relationship 14, with dilation as in torch.nn.ConvTranspose2d",
    n="input size",
    s="stride",
    p="padding, both sides together",
    d="dilation",
    k="kernel size",
    a="output padding",
)
SAME_PADDING = Formula(
    "max((ceil(n / s) - 1) * s + d*(k - 1) + 1 - n, 0)",
    source="tf.nn, notes on SAME padding; ONNX Conv, auto_pad SAME_UPPER",
    n="input size",
    s="stride",
    d="dilation",
    k="kernel size",
)


SCALED_SIZE = Formula("n * u", n="input size", u="factor")


class Axis(Struct, frozen=True):
    """What one output axis reads of one input axis.

    Moving on by `period` outputs moves what they read by `step` inputs: (1, stride) for a sliding
    window, (stride, 1) for a transposed one.
    """

    def size(self, n: int) -> int:
        """The number of outputs for `n` inputs; below 1 where nothing fits."""
        raise NotImplementedError

    def taps(self, output: int) -> range:
        """The input positions that output position `output` reads, in order."""
        raise NotImplementedError

    @property
    def period(self) -> int:
        return 1

    @property
    def step(self) -> int:
        return 1


class Window(Axis, frozen=True):
    """A window of `kernel` taps, `dilation` apart, that moves by `stride` over padded input.

    `before` and `after` are the zeros added on each side; negative values crop.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    fit: Rounding = "floor"

    @property
    def span(self) -> int:
        """From the first tap to the last: the effective kernel."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def leaves_no_gap(self) -> bool:
        """Whether neighbouring windows together read every position between their ends."""
        return self.dilation == 1 and self.kernel >= self.stride

    def working(self, n: int) -> Working:
        """The output size with its formula, before `fit: ceil` drops a window in the padding."""
        return self._worked(OUTPUT_SIZE_CEIL if self.fit == "ceil" else OUTPUT_SIZE, n)

    def _worked(self, formula: Formula, n: int) -> Working:
        return formula(n=n, p=self.before + self.after, d=self.dilation, k=self.kernel, s=self.stride)

    def size(self, n: int) -> int:
        out = self.working(n).value
        if self.fit == "ceil":  # a window that would start in the end padding sees nothing
            return min(out, -(-(n + self.before) // self.stride))
        return out

    def fitting(self, n: int) -> Working:
        """The output size before rounding; whole where the stride fits."""
        return self._worked(FITTING_SIZE, n)

    def padded(self, n: int) -> Working:
        """The size of the input with its padding."""
        return PADDED_SIZE(n=n, p=self.before + self.after)

    def rest(self, n: int) -> int:
        """The padded positions that the stride leaves over at the end; 0 where it fits."""
        return (n + self.before + self.after - self.span) % self.stride

    def taps(self, output: int) -> range:
        first = output * self.stride - self.before
        return range(first, first + self.span, self.dilation)

    @property
    def step(self) -> int:
        return self.stride


class TransposedWindow(Axis, frozen=True):
    """Each input spreads over `kernel` outputs, `stride` apart from the next input's.

    `before` and `after` are cropped from the output; `extra` (output padding) is added at its end.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    extra: int = 0

    def working(self, n: int) -> Working:
        """The output size with its formula."""
        return TRANSPOSED_SIZE(
            n=n,
            s=self.stride,
            p=self.before + self.after,
            d=self.dilation,
            k=self.kernel,
            a=self.extra,
        )

    def size(self, n: int) -> int:
        return self.working(n).value

    def taps(self, output: int) -> range:
        # Output o gets tap t of input i where o + before = i·stride + t·dilation: a congruence.
        at = output + self.before
        shared = gcd(self.stride, self.dilation)
        if at % shared:
            return range(0)
        every = self.dilation // shared
        residue = at // shared * pow(self.stride // shared, -1, every) % every
        first = -((self.dilation * (self.kernel - 1) - at) // self.stride)
        return range(first + (residue - first) % every, at // self.stride + 1, every)

    @property
    def period(self) -> int:
        return self.stride


class Bins(Axis, frozen=True):
    """Adaptive pooling: `inputs` positions shared out over `outputs` bins that may overlap."""

    inputs: int
    outputs: int

    def size(self, n: int) -> int:
        return self.outputs

    def taps(self, output: int) -> range:
        first = output * self.inputs // self.outputs
        end = -(-(output + 1) * self.inputs // self.outputs)
        return range(first, end)

    @property
    def total_taps(self) -> int:
        """Positions in all bins together; those in two bins count twice.

        n where the bins fit, and one more for each border between bins that cuts through a position.
        """
        return self.inputs + self.outputs - gcd(self.inputs, self.outputs)

    @property
    def period(self) -> int:
        return self.outputs // gcd(self.inputs, self.outputs)

    @property
    def step(self) -> int:
        return self.inputs // gcd(self.inputs, self.outputs)


class Resample(Axis, frozen=True):
    """Upsampling to another grid: nearest neighbour, or linear between the two around it.

    `corners` aligns the first and last centres of both grids (align_corners) instead of the edges.
    """

    inputs: int
    outputs: int
    linear: bool = False
    corners: bool = False

    def working(self, n: int) -> Working | None:
        """The output size with its formula, where a whole factor leads to it."""
        factor, rest = divmod(self.outputs, self.inputs)
        return None if rest else SCALED_SIZE(n=n, u=factor)

    def size(self, n: int) -> int:
        return self.outputs

    def at(self, output: int) -> Fraction:
        """Where the output stands on the input grid."""
        if not self.linear:
            return Fraction(output * self.inputs // self.outputs)
        if self.corners:
            return Fraction(output * (self.inputs - 1), max(self.outputs - 1, 1))
        return Fraction((2 * output + 1) * self.inputs, 2 * self.outputs) - Fraction(1, 2)

    def taps(self, output: int) -> range:
        place = self.at(output)
        first = place.numerator // place.denominator
        return range(first, first + (1 if place.denominator == 1 else 2))

    @property
    def _ratio(self) -> Fraction:
        if self.linear and self.corners and self.outputs > 1 and self.inputs > 1:
            return Fraction(self.inputs - 1, self.outputs - 1)
        return Fraction(self.inputs, self.outputs)

    @property
    def period(self) -> int:
        return self._ratio.denominator

    @property
    def step(self) -> int:
        return self._ratio.numerator


UNCHANGED = Window(1)
"""Each output reads the input at its own place."""


def padding_for(mode: PaddingMode, n: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The zeros before and after one axis of `n` inputs that a named padding stands for.

    `same` and `half` can give the same size and another alignment: SAME puts the odd zero last.
    """
    reach = EFFECTIVE_KERNEL(d=dilation, k=kernel).value - 1
    if mode == "same" or mode == "same_lower":
        total = SAME_PADDING(n=n, s=stride, d=dilation, k=kernel).value
        small, large = total // 2, total - total // 2
        return (small, large) if mode == "same" else (large, small)
    sides: dict[PaddingMode, tuple[int, int]] = {
        "valid": (0, 0),
        "half": ((reach + 1) // 2, (reach + 1) // 2),
        "causal": (reach, 0),
        "full": (reach, reach),
    }
    return sides[mode]
