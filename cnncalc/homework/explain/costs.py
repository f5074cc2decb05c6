"""What a layer learns, computes, connects and stores, with the formulas that count it."""

from collections.abc import Iterable, Iterator
from math import prod

from cnncalc.analysis.counts import BIASED_CONNECTIONS, DENSE_PARAMETERS, UNSHARED_PARAMETERS
from cnncalc.analysis.memory import BYTES_OF_PARAMETERS, BYTES_OF_VALUES
from cnncalc.analysis.report import Report, Row
from cnncalc.datatypes import BYTES
from cnncalc.formula import Formula
from cnncalc.homework.explain.explained import Derivation, Line, Term
from cnncalc.homework.explain.notation import Notation, lettered
from cnncalc.homework.explain.sizes import elements
from cnncalc.layers import Layer
from cnncalc.layers.convolution import Conv
from cnncalc.layers.tensors import named_axes, numbers_in, product
from cnncalc.quantities import BY_NAME

WITH_BIAS = Formula("w + b", w="weights", b="biases")
OF_A_FILTER = Formula("w + b", w="weights of a filter, or of a unit", b="its bias, if it has one")
OF_THE_BATCH = Formula("b * n", b="samples in the batch", n="operations for one sample")
MATRIX_PRODUCT = Formula(
    "f * v * p",
    f="rows of the first matrix: filters",
    v="its columns, and the rows of the second: weights of a filter",
    p="columns of the second: output positions",
    source="Chellapilla, Puri & Simard 2006, inria-00112631: convolution as a matrix product (im2col)",
)

ARITHMETIC = {
    "macs": "MACs (multiply-accumulates)",
    "exponentials": "exponentials (exp, log, roots, powers, tanh, erf)",
}
"""Headings of operations whose names do not explain themselves."""

FILTER_AXES = ("filters", "output maps", "units")
"""What the first axis of a weight tensor counts where each entry of it makes one output."""


def learned(row: Row, layer: Layer, notation: Notation) -> Iterator[Derivation]:
    """The weights and biases, tensor by tensor."""
    shapes = row.reads
    lines = {
        name: Line(f"{name} {_sizes(dims)}", lettered(notation, numbers_in(layer, name, dims)))
        for name, dims in row.weights.items()
    }
    shared = (f"they are those of {row.shares}, and counted there",) if row.shares else ()
    frozen = ("frozen: none of them is trained",) if row.params.frozen else ()
    weights = tuple(line for name, line in lines.items() if name != "bias")
    none = () if row.weights else ("it learns nothing",)
    yield Derivation("weights", "weights", row.params.weights, weights, notes=shared or none, aside=True)
    if "bias" in lines:
        yield Derivation("biases", "biases", row.params.biases, (lines["bias"],), notes=shared, aside=True)
    both = [*lines.values()]
    if len(both) > 1 and not row.shares:
        both.append(Line("together", WITH_BIAS(w=row.params.weights, b=row.params.biases)))
    yield Derivation("params", "parameters", row.params.total, tuple(both), notes=(*shared, *none, *frozen))
    buffers = layer.buffers(*shapes)
    if buffers:
        stored = tuple(
            Line(f"{name} {_sizes(dims)}", lettered(notation, numbers_in(layer, name, dims)))
            for name, dims in buffers.items()
        )
        said = "stored with the parameters, and not trained: running statistics"
        yield Derivation("buffers", "buffers", row.buffers, stored, notes=(said,))
    if layer.has_neurons and layer.tensor_axes.get("weight", ("",))[0] in FILTER_AXES:
        yield from _of_a_filter(row, layer, notation)


def _sizes(dims: tuple[int, ...]) -> str:
    return "×".join(map(str, dims))


def _of_a_filter(row: Row, layer: Layer, notation: Notation) -> Iterator[Derivation]:
    """What each output is made of: wᵀx + b, and all of them as a product of matrices."""
    dims = row.weights["weight"]
    inner = product(named_axes(layer, "weight", dims)[1:], dims[1:])
    vector = Line("weights of each", lettered(notation, inner))
    bias = int("bias" in row.weights)
    what = "unit" if layer.family == "dense" else "filter"
    yield Derivation(
        "weights_per_neuron",
        "weights of each neuron, its connections to the input",
        inner.value,
        (vector,),
        notes=(
            f"each output is wᵀx{' + b' * bias}: the {what} and what it reads, unrolled to vectors of "
            f"{inner.value:,}" + (f", and one bias for each {what}" if bias else ""),
        ),
    )
    yield Derivation(
        "params_per_filter",
        f"parameters of one {what}",
        OF_A_FILTER(w=inner.value, b=bias).value,
        (vector, Line("with its bias", OF_A_FILTER(w=inner.value, b=bias))),
    )
    groups = getattr(layer, "groups", 1)
    if isinstance(layer, Conv):
        filters, positions = dims[0] // groups, row.output.positions
        working = MATRIX_PRODUCT(f=filters, v=inner.value, p=positions)
        each = f", for each of the {groups} groups" if groups > 1 else ""
        yield Derivation(
            "im2col",
            "as a product of matrices (im2col)",
            ((filters, inner.value), (inner.value, positions)),
            (Line(f"multiplications{each}", working),),
            notes=(
                f"filters as rows: {filters:,}×{inner.value:,}; windows as columns: "
                f"{inner.value:,}×{positions:,}{each}",
            ),
        )


def computed(row: Row, report: Report, layer: Layer) -> Iterator[Derivation]:
    """Each kind of arithmetic, and the FLOPs."""
    for kind, working in layer.operations(*row.reads).items():
        lines = [Line("", working)]
        if report.batch > 1:
            lines.append(Line("for the batch", OF_THE_BATCH(b=report.batch, n=working.value)))
        yield Derivation(kind, ARITHMETIC.get(kind, kind), getattr(row.costs, kind), tuple(lines))
    flops = row.costs.flops_working()
    said = () if row.flops else ("no arithmetic: values are only moved",)
    yield Derivation("flops", "FLOPs", row.flops, (Line("", flops),) if row.flops else (), notes=said)


def connected(row: Row, layer: Layer, notation: Notation) -> Iterator[Derivation]:
    """Neurons and connections, and what they would cost without sharing weights."""
    counted = lettered(notation, elements(row.output))
    yield Derivation("elements", "values that come out", row.output.size, (Line("", counted),))
    if not layer.has_neurons:
        return
    said = ("each output of a convolution or dense layer is a neuron",)
    yield Derivation("neurons", "neurons", row.neurons, (Line("", counted),), notes=said)
    found = row.connections
    biases = found.biased - found.weighted
    inputs = sum(shape.size for shape in row.reads)
    yield Derivation(
        "connections",
        "connections",
        found.biased,
        (Line("", BIASED_CONNECTIONS(w=found.weighted, b=biases)),),
        notes=(f"without biases: {found.weighted:,}",),
    )
    yield Derivation(
        "unshared_params",
        "parameters if no position shared its weights (locally connected)",
        found.unshared,
        (Line("", UNSHARED_PARAMETERS(w=found.weighted, b=biases)),),
        notes=_times(found.unshared, row),
    )
    full = DENSE_PARAMETERS(n=inputs, m=row.output.size, b=biases)
    yield Derivation(
        "dense_params",
        "parameters if every input were connected to every output (dense)",
        found.full,
        (Line("", full),),
        notes=_times(found.full, row),
    )


def _times(number: int, row: Row) -> tuple[str, ...]:
    """How many times more that is than the layer has."""
    own = sum(map(prod, row.weights.values()))
    if not own or number == own:
        return ()
    share = number / own
    return (
        f"{share:,.3g} times those of the layer" if share < 100 else f"{share:,.0f} times those of the layer",
    )


def stored(row: Row, report: Report, is_view: bool) -> Iterator[Derivation]:
    """The bytes of a layer's output and of its parameters."""
    size = BYTES[report.memory.data_type]
    values = 0 if is_view else row.output.size
    said = ("it only views its input: no memory of its own",) if is_view else (_in_units(row.activation),)
    yield Derivation(
        "memory.activations",
        f"memory of its output ({report.memory.data_type})",
        row.activation,
        (Line("bytes", BYTES_OF_VALUES(b=report.batch, n=values, s=size)),),
        notes=said,
    )
    if row.params.total:
        working = BYTES_OF_PARAMETERS(n=row.params.total, s=size)
        yield Derivation(
            "memory.parameters",
            f"memory of its parameters ({report.memory.data_type})",
            working.value,
            (Line("bytes", working),),
            notes=(_in_units(working.value),),
        )


def _in_units(size: int) -> str:
    """`802,816 bytes = 802.8 KB of 1000 bytes = 784 KiB of 1024`."""
    text = f"{size:,} bytes"
    for power, letter in ((1, "K"), (2, "M"), (3, "G")):
        if size >= 1000**power:
            decimal, binary = size / 1000**power, size / 1024**power
            text += f" = {decimal:,.7g} {letter}B (of 1000) = {binary:,.7g} {letter}iB (of 1024)"
    return text


def sums(rows: Iterable[Row]) -> Iterator[Derivation]:
    """What several layers come to together: each quantity as a sum over them."""
    summed = tuple(rows)
    for name, title in SUMMED.items():
        value = BY_NAME[name].number
        terms = tuple(Term(row.name, value(row)) for row in summed if value(row))
        if terms or name in TABLED:
            total = sum(term.value for term in terms)
            yield Derivation(name, title, total, terms=terms, aside=name not in TABLED)


SUMMED = {
    "weights": "weights",
    "biases": "biases",
    "params": "parameters",
    "trainable": "trainable parameters",
    "frozen": "frozen parameters",
    "buffers": "buffers, stored and not trained",
    "macs": "MACs",
    "adds": "adds",
    "multiplications": "multiplications",
    "comparisons": "comparisons",
    "divisions": "divisions",
    "exponentials": "exponentials",
    "flops": "FLOPs",
    "elements": "values",
    "neurons": "neurons",
    "connections": "connections",
    "unshared_params": "parameters if no position shared its weights",
    "dense_params": "parameters if all layers were dense",
    "memory.activations": "bytes of the outputs",
}
"""The quantities that are summed over layers, each with its heading."""

TABLED = ("params", "macs", "flops", "neurons", "connections", "memory.activations")
"""What is shown of several layers by default."""
