"""One axis of a layer: its output size, and the inputs that each output reads.

Sizes and receptive fields both come from here, so they cannot disagree.
"""

from fractions import Fraction
from math import ceil, floor, gcd
from typing import Literal

from msgspec import Struct

from cnncalc.formula import Formula, Working

Rounding = Literal["floor", "ceil", "exact"]
Border = Literal["zeros", "reflect", "replicate", "circular"]
"""What padding holds: zeros, or copies of the values inside."""
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
    p="total padding of both sides",
    d="dilation",
    k="kernel size",
    s="stride",
)
OUTPUT_SIZE_CEIL = Formula(
    "ceil((n + p - d*(k - 1) - 1) / s) + 1",
    source="ceil_mode of torch.nn.MaxPool2d; Caffe's pooling layer",
    n="input size",
    p="total padding of both sides",
    d="dilation",
    k="kernel size",
    s="stride",
)
FITTING_SIZE = Formula(
    "(n + p - d*(k - 1) - 1) / s + 1",
    source=f"{DUMOULIN}, relationship 15, before it is rounded",
    n="input size",
    p="total padding of both sides",
    d="dilation",
    k="kernel size",
    s="stride",
)
PADDED_SIZE = Formula("n + p", n="input size", p="total padding of both sides")
TRANSPOSED_SIZE = Formula(
    "(n - 1) * s - p + d*(k - 1) + a + 1",
    source=f"{DUMOULIN}, relationship 14, with dilation as in torch.nn.ConvTranspose2d",
    n="input size",
    s="stride",
    p="total padding of both sides",
    d="dilation",
    k="kernel size",
    a="output padding",
)
KERAS_SOURCE = "keras.layers.Conv2DTranspose, output_padding; Keras 3, backend_utils.py"
KERAS_SIZES = {
    ("same", False): Formula("n * s", source=KERAS_SOURCE, n="input size", s="stride"),
    ("same", True): Formula(
        "(n - 1) * s + d*(k - 1) + 1 - 2*floor((d*(k - 1) + 1) / 2) + a",
        source=KERAS_SOURCE,
        n="input size",
        s="stride",
        d="dilation",
        k="kernel size",
        a="output padding",
    ),
    ("valid", False): Formula(
        "(n - 1) * s + max(d*(k - 1) + 1, s)",
        source=KERAS_SOURCE,
        n="input size",
        s="stride",
        d="dilation",
        k="kernel size",
    ),
    ("valid", True): Formula(
        "(n - 1) * s + d*(k - 1) + 1 + a",
        source=KERAS_SOURCE,
        n="input size",
        s="stride",
        d="dilation",
        k="kernel size",
        a="output padding",
    ),
}
"""Keras' sizes of transposed convolutions, by padding and whether an output padding is given."""
SAME_PADDING = Formula(
    "max((ceil(n / s) - 1) * s + d*(k - 1) + 1 - n, 0)",
    source="tf.nn, notes on SAME padding; ONNX Conv, auto_pad SAME_UPPER",
    n="input size",
    s="stride",
    d="dilation",
    k="kernel size",
)


SCALED_SIZE = Formula("n * u", n="input size", u="factor")
FRACTION_SIZE = Formula("floor(n * u)", n="input size", u="factor")


MOST_PLACED = 10_000
"""Windows at each end of an axis that are placed one by one."""


class Axis(Struct, frozen=True):
    """Which positions of one input axis each output reads.

    Outputs that are `period` apart read inputs that are `step` apart: (1, stride) for a sliding
    window, (stride, 1) for a transposed one.
    """

    def size(self, n: int) -> int:
        """The output size for `n` inputs; below 1 if no window fits."""
        raise NotImplementedError

    def taps(self, output: int) -> range:
        """The input positions that output `output` reads, in order."""
        raise NotImplementedError

    @property
    def reads_one(self) -> bool:
        """Whether no output reads more than one position."""
        return len(self.taps(0)) == 1

    @property
    def is_even(self) -> bool:
        """Whether what outputs read lies around all of them alike, up to the phases of a period."""
        return True

    @property
    def period(self) -> int:
        return 1

    @property
    def step(self) -> int:
        return 1


class Window(Axis, frozen=True):
    """A window of `kernel` taps, `dilation` apart, that moves by `stride` over the padded input.

    `before` and `after` are the zeros added on each side; negative values crop.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    fit: Rounding = "floor"
    border: Border = "zeros"

    def inside(self, position: int, n: int) -> int | None:
        """The input position whose value a padded position holds; None for zeros."""
        if 0 <= position < n:
            return position
        match self.border:
            case "reflect":
                return abs(position) if position < n else 2 * (n - 1) - position
            case "replicate":
                return min(max(position, 0), n - 1)
            case "circular":
                return position % n
        return None

    @property
    def span(self) -> int:
        """The effective kernel: positions from the first tap to the last."""
        return self.dilation * (self.kernel - 1) + 1

    def windows(self, n: int) -> int:
        """The number of windows: one for each output."""
        return self.size(n)

    def inside_pairs(self, n: int) -> int:
        """The pairs of an output and a tap that read one of the `n` inputs, and no zeros."""
        if self.border != "zeros":
            return self.size(n) * self.kernel
        return pairs_inside(self.size(n), self.stride, self.kernel, self.dilation, self.before, n)

    def reads_only_padding(self, n: int) -> bool:
        """Whether some window lies on padding alone, which only gaps between its taps make possible."""
        if self.dilation == 1 or not (self.before or self.after or self.fit == "ceil"):
            return False
        size = self.size(n)
        ends = (*range(min(size, MOST_PLACED)), *range(max(size - MOST_PLACED, 0), size))
        return any(not self._reads_inside(output, n) for output in ends)

    def _reads_inside(self, output: int, n: int) -> bool:
        """Whether the first tap that is not before the input is on it."""
        first = output * self.stride - self.before
        tap = max(-(first // self.dilation), 0)
        return tap < self.kernel and first + tap * self.dilation < n

    @property
    def leaves_no_gap(self) -> bool:
        """Whether neighbouring windows together read every position that they span."""
        return self.dilation == 1 and self.kernel >= self.stride

    def working(self, n: int) -> Working:
        """The output size with its formula, before `fit: ceil` drops a window that lies in the padding."""
        return self._worked(OUTPUT_SIZE_CEIL if self.fit == "ceil" else OUTPUT_SIZE, n)

    def _worked(self, formula: Formula, n: int) -> Working:
        return formula(n=n, p=self.before + self.after, d=self.dilation, k=self.kernel, s=self.stride)

    def size(self, n: int) -> int:
        out = self.working(n).value
        if self.fit == "ceil":  # drop a window that would start in the end padding
            return min(out, -(-(n + self.before) // self.stride))
        return out

    def fitting(self, n: int) -> Working:
        """The output size before rounding; an integer if the stride divides evenly."""
        return self._worked(FITTING_SIZE, n)

    def padded(self, n: int) -> Working:
        """The padded input size."""
        return PADDED_SIZE(n=n, p=self.before + self.after)

    def remainder(self, n: int) -> int:
        """The positions left over at the end; 0 if the stride divides evenly."""
        return (n + self.before + self.after - self.span) % self.stride

    def taps(self, output: int) -> range:
        first = output * self.stride - self.before
        return range(first, first + self.span, self.dilation)

    @property
    def step(self) -> int:
        return self.stride


class TransposedWindow(Axis, frozen=True):
    """Each input contributes to `kernel` outputs, `stride` apart from the next input's.

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

    def windows(self, n: int) -> int:
        """The number of windows: one for each input."""
        return n

    def inside_pairs(self, n: int) -> int:
        """The pairs of an input and a tap that contribute to the output; the others are cropped."""
        return pairs_inside(n, self.stride, self.kernel, self.dilation, self.before, self.size(n))

    def taps(self, output: int) -> range:
        # Output o gets tap t of input i if o + before = i·stride + t·dilation: solve the congruence.
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


class KerasTransposed(TransposedWindow, frozen=True):
    """A transposed window whose output size is Keras': `named` is its padding, `given` its output padding."""

    named: Literal["valid", "same"] = "valid"
    given: int | None = None

    def working(self, n: int) -> Working:
        formula = KERAS_SIZES[self.named, self.given is not None]
        values = {"n": n, "s": self.stride, "d": self.dilation, "k": self.kernel, "a": self.given or 0}
        return formula(**{name: values[name] for name in formula.meanings})


def keras_transposed(
    named: Literal["valid", "same"], kernel: int, stride: int, dilation: int, given: int | None
) -> KerasTransposed:
    """The window of one axis as Keras reads a named padding; the odd crop is at the end, as for `same`."""
    window = KerasTransposed(kernel, stride, dilation, named=named, given=given)
    surplus = TransposedWindow(kernel, stride, dilation).size(1) - window.size(1)
    before, extra = max(surplus // 2, 0), max(-surplus, 0)
    return KerasTransposed(
        kernel, stride, dilation, before, max(surplus, 0) - before, extra, named=named, given=given
    )


class Bins(Axis, frozen=True):
    """Adaptive pooling: `inputs` positions divided into `outputs` bins that may overlap."""

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
        """The sum of all bin sizes; positions in two bins count twice.

        It is n if the bins divide evenly, plus one for each bin border that cuts through a position.
        """
        return self.inputs + self.outputs - gcd(self.inputs, self.outputs)

    @property
    def period(self) -> int:
        return self.outputs // gcd(self.inputs, self.outputs)

    @property
    def step(self) -> int:
        return self.inputs // gcd(self.inputs, self.outputs)


Coordinates = Literal["half_pixel", "half_pixel_symmetric", "align_corners", "asymmetric"]
"""Where the outputs of a resampling lie between its inputs, as in ONNX's Resize."""

Nearest = Literal["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
"""How a place between two inputs is rounded to one of them."""


class Resample(Axis, frozen=True):
    """Resampling to another grid: nearest neighbour, linear or cubic interpolation.

    `rate` is the number of inputs from one output to the next; by default that of the two sizes.
    """

    inputs: int
    outputs: int
    mode: Literal["nearest", "linear", "cubic"] = "nearest"
    coordinates: Coordinates = "asymmetric"
    rounding: Nearest = "floor"
    rate: Fraction | None = None

    def working(self, n: int) -> Working | None:
        """The output size with its formula; None if it is given and no multiple of the input's."""
        if self.rate is not None:
            return FRACTION_SIZE(n=n, u=1 / self.rate)
        factor, rest = divmod(self.outputs, self.inputs)
        return None if rest else SCALED_SIZE(n=n, u=factor)

    def size(self, n: int) -> int:
        return self.outputs

    def inside(self, position: int, n: int) -> int:
        """The input position that is read for one beyond the ends: the first or last."""
        return min(max(position, 0), n - 1)

    def at(self, output: int) -> Fraction:
        """The position of an output on the input grid."""
        if self.coordinates == "align_corners":
            return Fraction(output * (self.inputs - 1), max(self.outputs - 1, 1))
        if self.coordinates == "asymmetric":
            return output * self._sampling
        place = (output + Fraction(1, 2)) * self._sampling - Fraction(1, 2)
        if self.coordinates == "half_pixel_symmetric":
            place += (self.inputs - self.outputs * self._sampling) / 2
        return place

    def taps(self, output: int) -> range:
        place = self.at(output)
        if self.mode == "nearest":
            nearest = rounded(place, self.rounding)
            return range(nearest, nearest + 1)
        first, between = floor(place), place.denominator > 1
        if not between:
            return range(first, first + 1)
        return range(first, first + 2) if self.mode == "linear" else range(first - 1, first + 3)

    @property
    def _sampling(self) -> Fraction:
        return Fraction(self.inputs, self.outputs) if self.rate is None else self.rate

    @property
    def _ratio(self) -> Fraction:
        if self.coordinates == "align_corners" and self.outputs > 1 and self.inputs > 1:
            return Fraction(self.inputs - 1, self.outputs - 1)
        return self._sampling

    @property
    def period(self) -> int:
        return self._ratio.denominator

    @property
    def step(self) -> int:
        return self._ratio.numerator


def rounded(place: Fraction, rounding: Nearest) -> int:
    """A whole number next to a place."""
    match rounding:
        case "floor":
            return floor(place)
        case "ceil":
            return ceil(place)
        case "round_prefer_floor":
            return ceil(place - Fraction(1, 2))
        case "round_prefer_ceil":
            return floor(place + Fraction(1, 2))


class Repeated(Axis, frozen=True):
    """An axis of size 1 that is repeated `outputs` times: every output reads its only position."""

    outputs: int

    def size(self, n: int) -> int:
        return self.outputs

    def taps(self, output: int) -> range:
        return range(1)

    @property
    def step(self) -> int:
        return 0


class Whole(Axis, frozen=True):
    """Every output reads all `inputs` positions of the axis, as in a softmax or a sum along it."""

    inputs: int
    outputs: int

    def size(self, n: int) -> int:
        return self.outputs

    def taps(self, output: int) -> range:
        return range(self.inputs)

    @property
    def step(self) -> int:
        return 0


class Placed(Axis, frozen=True):
    """One of several inputs placed one after the other along an axis of `outputs` positions.

    Outputs before and after it read nothing of it, so what they read does not repeat: its period is longer
    than the axis.
    """

    start: int
    inputs: int
    outputs: int

    def size(self, n: int) -> int:
        return self.outputs

    @property
    def reads_one(self) -> bool:
        return True

    def taps(self, output: int) -> range:
        own = output - self.start
        return range(own, own + 1) if 0 <= own < self.inputs else range(0)

    @property
    def period(self) -> int:
        return self.outputs + 1

    @property
    def step(self) -> int:
        return self.outputs + 1


class Blocks(Axis, frozen=True):
    """Windows of `width` positions side by side, the first of which starts at `shift`: every output reads all
    of its window, or, if `causal`, what is not behind it. Before `shift` and at the
    end, windows are cut off."""

    inputs: int
    width: int
    shift: int = 0
    causal: bool = False

    def size(self, n: int) -> int:
        return self.inputs

    @property
    def is_even(self) -> bool:
        return False

    def taps(self, output: int) -> range:
        start = (output - self.shift) // self.width * self.width + self.shift
        return range(start, output + 1 if self.causal else start + self.width)

    @property
    def period(self) -> int:
        return self.width

    @property
    def step(self) -> int:
        return self.width


class Strided(Axis, frozen=True):
    """Every output reads `taken` equally spaced positions of the axis, of which it is one; if `causal`, only
    those up to itself."""

    inputs: int
    taken: int
    causal: bool = False

    def size(self, n: int) -> int:
        return self.inputs

    @property
    def is_even(self) -> bool:
        return False

    def taps(self, output: int) -> range:
        every = self.inputs // self.taken
        return range(output % every, output + 1 if self.causal else self.inputs, every)

    @property
    def period(self) -> int:
        return self.inputs if self.causal else self.inputs // self.taken

    @property
    def step(self) -> int:
        return 0


class SameWindow(Axis, frozen=True):
    """Every output reads the window that it lies in: `kernel` positions that begin every `stride`.

    Outputs between the windows, and past the last of `windows`, read nothing.
    """

    kernel: int
    stride: int
    windows: int

    def size(self, n: int) -> int:
        return n

    def taps(self, output: int) -> range:
        window, place = divmod(output, self.stride)
        first = window * self.stride
        return (
            range(first, first + self.kernel) if place < self.kernel and window < self.windows else range(0)
        )

    @property
    def period(self) -> int:
        return self.stride

    @property
    def step(self) -> int:
        return self.stride


UNCHANGED = Window(1)
"""Each output reads the input at its own position."""


def padding_for(mode: PaddingMode, n: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """The zeros before and after one axis of `n` inputs for a named padding.

    `same` and `half` can give the same size but differ in alignment: SAME puts the odd zero last.
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


def pairs_inside(windows: int, stride: int, kernel: int, dilation: int, before: int, n: int) -> int:
    """The pairs of a window and a tap whose position is from 0 to n − 1; window 0 starts at −before.

    Exact, in a time that grows with the number of digits only.
    """
    geometry = windows, stride, kernel, dilation
    return _pairs_below(*geometry, before + n) - _pairs_below(*geometry, before)


def _pairs_below(windows: int, stride: int, kernel: int, dilation: int, end: int) -> int:
    """The pairs (o, t) with o·stride + t·dilation < end."""
    if end <= 0 or windows <= 0:
        return 0
    some = min((end - 1) // dilation + 1, kernel)  # taps that are below `end` in the first window
    all_of_them = (end - 1 - stride * (windows - 1)) // dilation + 1  # and in the last one
    every = min(max(all_of_them, 0), some)
    least = end - (some - 1) * dilation
    return every * windows + floor_sum(some - every, stride, dilation, least + stride - 1)


def floor_sum(n: int, m: int, a: int, b: int) -> int:
    """The sum of ⌊(a·i + b) / m⌋ for i from 0 to n − 1, like Euclid's algorithm; a and b are at least 0.

    >>> floor_sum(4, 3, 2, 1) == sum((2 * i + 1) // 3 for i in range(4))
    True
    """
    total = 0
    while n > 0:
        total += (n - 1) * n // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        top = a * n + b
        if top < m:
            break
        n, b = divmod(top, m)
        m, a = a, m
    return total
