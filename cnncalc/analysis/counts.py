"""The counts of a layer or network, as values that can be added."""

from functools import cache

from msgspec import Struct

from cnncalc.choices import Tool
from cnncalc.formula import Formula, Working

BIASED_CONNECTIONS = Formula(
    "w + b",
    w="connections with a weight, one per multiply-accumulate",
    b="outputs with a bias, one more connection each",
    source="LeCun, Bottou, Bengio & Haffner 1998, Proc. IEEE 86(11), section II.B",
)
UNSHARED_PARAMETERS = Formula(
    "w + b",
    w="connections, each with its own weight",
    b="biases, one for each output",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 9.5: unshared convolution",
)
DENSE_PARAMETERS = Formula(
    "n * m + b",
    n="inputs",
    m="outputs, each connected to every input",
    b="biases, one for each output",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, section 9.2",
)


class Parameters(Struct, frozen=True, gc=False):
    """Learnable values; shared weights are counted at their owner."""

    weights: int = 0
    biases: int = 0
    frozen: int = 0

    @property
    def total(self) -> int:
        return self.weights + self.biases

    @property
    def trainable(self) -> int:
        return self.total - self.frozen

    def __add__(self, other: "Parameters") -> "Parameters":
        return Parameters(
            self.weights + other.weights, self.biases + other.biases, self.frozen + other.frozen
        )


FLOPS_OF = {
    "macs": ("2 * m", "multiply-accumulates: a multiplication and an addition each"),
    "adds": ("a", "further additions"),
    "multiplications": ("x", "further multiplications"),
    "comparisons": ("c", "comparisons"),
    "divisions": ("d", "divisions"),
    "exponentials": ("e", "exponentials: exp, log, roots, powers, tanh, erf"),
}
"""The term of each kind of arithmetic in the FLOPs, and the meaning of its variable."""


@cache
def _flops_formula(kinds: tuple[str, ...]) -> Formula:
    """The sum over the given kinds of arithmetic."""
    chosen = [FLOPS_OF[kind] for kind in kinds]
    meanings = {text[-1]: meaning for text, meaning in chosen}
    return Formula(" + ".join(text for text, _ in chosen), **meanings)


class Costs(Struct, frozen=True, gc=False):
    """Operations for one batch; the other fields do not include the operations in MACs.

    `macs_on_padding` is the part of `macs` that only meets padding.
    """

    macs: int = 0
    adds: int = 0
    multiplications: int = 0
    comparisons: int = 0
    divisions: int = 0
    exponentials: int = 0
    macs_on_padding: int = 0

    @property
    def flops(self) -> int:
        """2·MACs plus all other operations."""
        others = self.adds + self.multiplications + self.comparisons + self.divisions + self.exponentials
        return 2 * self.macs + others

    @property
    def there(self) -> dict[str, int]:
        """The kinds of arithmetic with a nonzero count."""
        return {kind: number for kind in FLOPS_OF if (number := getattr(self, kind))}

    def flops_working(self) -> Working:
        """The FLOPs with their formula, without kinds whose count is zero."""
        there = self.there or {"macs": 0}
        values = {FLOPS_OF[kind][0][-1]: number for kind, number in there.items()}
        return _flops_formula(tuple(there))(**values)

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(
            self.macs + other.macs,
            self.adds + other.adds,
            self.multiplications + other.multiplications,
            self.comparisons + other.comparisons,
            self.divisions + other.divisions,
            self.exponentials + other.exponentials,
            self.macs_on_padding + other.macs_on_padding,
        )


class Connections(Struct, frozen=True, gc=False):
    """The connections of a layer's neurons, and the parameters without weight sharing.

    Attributes:
        weighted: input-output pairs connected by a weight.
        biased: the weighted ones, plus one for each output's bias.
        unshared: parameters if each position had its own weights (locally connected).
        full: parameters if every input were connected to every output (dense).
    """

    weighted: int = 0
    biased: int = 0
    unshared: int = 0
    full: int = 0

    def __add__(self, other: "Connections") -> "Connections":
        return Connections(
            self.weighted + other.weighted,
            self.biased + other.biased,
            self.unshared + other.unshared,
            self.full + other.full,
        )


class Counting(Struct, frozen=True):
    """The tool whose counts were reproduced, and the names of its quantities in order.

    `unknown` lists kinds of this network with operations that the tool does not know, `ignored`
    those that it knows but counts as 0.
    """

    tool: Tool
    source: str
    quantities: tuple[str, ...]
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]


class Declared(Struct, frozen=True):
    """The part of sums that the spec declares and nothing computes; `layers` is the number of such layers."""

    layers: int = 0
    params: int = 0
    macs: int = 0
    flops: int = 0


class Totals(Struct, frozen=True):
    """The sums over all layers, and how much of them is declared."""

    params: Parameters
    buffers: int
    costs: Costs
    neurons: int
    connections: Connections = Connections()
    activation: int = 0
    kept: int = 0
    counted: tuple[int, ...] = ()
    declared: Declared = Declared()

    @property
    def macs(self) -> int:
        return self.costs.macs

    @property
    def flops(self) -> int:
        return self.costs.flops
