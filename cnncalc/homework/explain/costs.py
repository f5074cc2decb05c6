"""Parameters, operations, connections and memory of a layer, with their formulas."""

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
from cnncalc.layers.tensors import is_bias, named_axes, numbers_in, product
from cnncalc.quantities import BY_NAME
from cnncalc.window import TransposedWindow, Window

WITH_BIAS = Formula("w + b", w="weights", b="biases")
OF_A_FILTER = Formula("w + b", w="weights of one filter or unit", b="its bias, if any")
OF_THE_BATCH = Formula("b * n", b="batch size", n="operations for one sample")
MATRIX_PRODUCT = Formula(
    "f * v * p",
    f="rows of the first matrix: filters",
    v="its columns and the second's rows: weights of one filter",
    p="columns of the second: output positions",
    source="Chellapilla, Puri & Simard 2006, inria-00112631: convolution as a matrix product (im2col)",
)

ARITHMETIC = {
    "macs": "MACs (multiply-accumulates)",
    "exponentials": "exponentials (exp, log, roots, powers, tanh, erf)",
}
"""Headings for operations whose names need explanation."""

DECLARED = "declared in the spec, not computed"

FILTER_AXES = ("filters", "output maps", "units")
"""Meanings of a weight tensor's first axis if each of its entries computes one output."""


def learned(row: Row, layer: Layer, notation: Notation) -> Iterator[Derivation]:
    """Weights, biases and buffers, tensor by tensor."""
    shapes = row.reads
    lines = {
        name: Line(f"{name} {_sizes(dims)}", lettered(notation, numbers_in(layer, name, dims)))
        for name, dims in row.weights.items()
    }
    shared = (f"shared with {row.shares} and counted there",) if row.shares else ()
    frozen = ("frozen: not trained",) if row.params.frozen else ()
    weights = tuple(line for name, line in lines.items() if not is_bias(name))
    biases = tuple(line for name, line in lines.items() if is_bias(name))
    none = () if row.weights else ("no parameters",)
    declared = (DECLARED,) if layer.is_declared else ()
    yield Derivation("weights", "weights", row.params.weights, weights, notes=shared or none, aside=True)
    if biases:
        yield Derivation("biases", "biases", row.params.biases, biases, notes=shared, aside=True)
    both = [*lines.values()]
    if len(both) > 1 and not row.shares:
        both.append(Line("together", WITH_BIAS(w=row.params.weights, b=row.params.biases)))
    yield Derivation(
        "params", "parameters", row.params.total, tuple(both), notes=(*declared, *shared, *none, *frozen)
    )
    buffers = layer.buffers(*shapes)
    if buffers:
        stored = tuple(
            Line(f"{name} {_sizes(dims)}", lettered(notation, numbers_in(layer, name, dims)))
            for name, dims in buffers.items()
        )
        note = "running statistics: " if layer.family == "norm" else ""
        note += "stored with the parameters, not learned"
        yield Derivation("buffers", "buffers", row.buffers, stored, notes=(note,))
    if layer.has_neurons and layer.tensor_axes.get("weight", ("",))[0] in FILTER_AXES:
        yield from _of_a_filter(row, layer, notation)


def _sizes(dims: tuple[int, ...]) -> str:
    return "×".join(map(str, dims))


def _of_a_filter(row: Row, layer: Layer, notation: Notation) -> Iterator[Derivation]:
    """One output as wᵀx + b, and all of them as a matrix product."""
    dims = row.weights["weight"]
    inner = product(named_axes(layer, "weight", dims)[1:], dims[1:])
    vector = Line("weights", lettered(notation, inner))
    bias = int("bias" in row.weights)
    what = "unit" if layer.family == "dense" else "filter"
    yield Derivation(
        "weights_per_neuron",
        "weights per neuron (its connections to the input)",
        inner.value,
        (vector,),
        notes=(
            f"each output is wᵀx{' + b' * bias}: the {what} and its input, flattened to vectors of "
            f"{inner.value:,}" + (f", plus one bias per {what}" if bias else ""),
        ),
    )
    yield Derivation(
        "params_per_filter",
        f"parameters of one {what}",
        OF_A_FILTER(w=inner.value, b=bias).value,
        (vector, Line("with bias", OF_A_FILTER(w=inner.value, b=bias))),
    )
    groups = getattr(layer, "groups", 1)
    if isinstance(layer, Conv):
        filters, positions = dims[0] // groups, row.output.positions
        working = MATRIX_PRODUCT(f=filters, v=inner.value, p=positions)
        each = f", in each of the {groups} groups" if groups > 1 else ""
        yield Derivation(
            "im2col",
            "as a matrix product (im2col)",
            ((filters, inner.value), (inner.value, positions)),
            (Line(f"multiplications{each}", working),),
            notes=(
                f"filters as rows: {filters:,}×{inner.value:,}; windows as columns: "
                f"{inner.value:,}×{positions:,}{each}",
            ),
        )


def computed(row: Row, report: Report, layer: Layer) -> Iterator[Derivation]:
    """Operations of each kind, and the FLOPs."""
    for kind, working in layer.operations(*row.reads).items():
        parts = layer.macs_in_parts(*row.reads) if kind == "macs" else {}
        lines = [
            *(Line(what, part) for what, part in parts.items()),
            Line("together" if parts else "", working),
        ]
        if report.batch > 1:
            lines.append(Line("for the batch", OF_THE_BATCH(b=report.batch, n=working.value)))
        declared = (DECLARED,) if layer.is_declared else ()
        yield Derivation(
            kind, ARITHMETIC.get(kind, kind), getattr(row.costs, kind), tuple(lines), notes=declared
        )
    yield from _on_padding(row, report, layer)
    flops = row.costs.flops_working()
    notes = () if row.flops else ("no arithmetic: values are only moved",)
    if layer.is_declared:
        notes = ("2 × the declared MACs; no other operations are known",)
    yield Derivation("flops", "FLOPs", row.flops, (Line("", flops),) if row.flops else (), notes=notes)


def _on_padding(row: Row, report: Report, layer: Layer) -> Iterator[Derivation]:
    """The multiply-adds that only meet padding, with the pairs of each axis that do not."""
    working = layer.macs_on_padding(*row.reads)
    windows = layer.windows(*row.reads) if working else ()
    if working is None or isinstance(windows, str):
        return
    notes = []
    (x,) = row.reads
    for name, n, window in zip(x.axes, x.spatial, windows, strict=True):
        if isinstance(window, Window | TransposedWindow):
            pairs = f"{window.inside_pairs(n):,} of {window.windows(n):,}·{window.kernel} pairs"
            notes.append(f"{name}: {pairs} of a window and a kernel position are on the map")
    lines = [Line("", working)]
    if report.batch > 1:
        lines.append(Line("for the batch", OF_THE_BATCH(b=report.batch, n=working.value)))
    yield Derivation(
        "macs_on_padding",
        "MACs on padding (part of the MACs)",
        row.costs.macs_on_padding,
        tuple(lines),
        notes=tuple(notes),
        aside=True,
    )


def connected(row: Row, layer: Layer, notation: Notation) -> Iterator[Derivation]:
    """Neurons and connections, and the parameters without weight sharing."""
    counted = lettered(notation, elements(row.output))
    yield Derivation("elements", "output values", row.output.size, (Line("", counted),))
    if not layer.has_neurons:
        return
    notes = ("each output of a convolution or dense layer is one neuron",)
    yield Derivation("neurons", "neurons", row.neurons, (Line("", counted),), notes=notes)
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
        "parameters without weight sharing (locally connected)",
        found.unshared,
        (Line("", UNSHARED_PARAMETERS(w=found.weighted, b=biases)),),
        notes=_times(found.unshared, row),
    )
    full = DENSE_PARAMETERS(n=inputs, m=row.output.size, b=biases)
    yield Derivation(
        "dense_params",
        "parameters of an equivalent dense layer",
        found.full,
        (Line("", full),),
        notes=_times(found.full, row),
    )


def _times(number: int, row: Row) -> tuple[str, ...]:
    """That number as a multiple of the layer's own parameters."""
    own = sum(map(prod, row.weights.values()))
    if not own or number == own:
        return ()
    share = number / own
    return (
        f"{share:,.3g} times this layer's parameters"
        if share < 100
        else f"{share:,.0f} times this layer's parameters",
    )


def stored(row: Row, report: Report, is_view: bool) -> Iterator[Derivation]:
    """Bytes of a layer's output and parameters."""
    size = BYTES[report.memory.data_type]
    values = 0 if is_view else row.output.size
    note = "a view of its input: no memory of its own" if is_view else _in_units(row.activation)
    yield Derivation(
        "memory.activations",
        f"output memory ({report.memory.data_type})",
        row.activation,
        (Line("bytes", BYTES_OF_VALUES(b=report.batch, n=values, s=size)),),
        notes=(note,),
    )
    if row.params.total:
        working = BYTES_OF_PARAMETERS(n=row.params.total, s=size)
        yield Derivation(
            "memory.parameters",
            f"parameter memory ({report.memory.data_type})",
            working.value,
            (Line("bytes", working),),
            notes=(_in_units(working.value),),
        )


def _in_units(size: int) -> str:
    """`802,816 bytes = 802.816 KB (decimal) = 784 KiB (binary)`."""
    text = f"{size:,} bytes"
    for power, letter in ((1, "K"), (2, "M"), (3, "G")):
        if size >= 1000**power:
            decimal, binary = size / 1000**power, size / 1024**power
            text += f" = {decimal:,.7g} {letter}B (decimal) = {binary:,.7g} {letter}iB (binary)"
    return text


def sums(rows: Iterable[Row]) -> Iterator[Derivation]:
    """Totals over several layers, each quantity as a sum."""
    summed = tuple(rows)
    for name, title in SUMMED.items():
        value = BY_NAME[name].number
        terms = tuple(Term(row.name, value(row)) for row in summed if value(row))
        if terms or name in TABLED:
            total = sum(term.value for term in terms)
            part = sum(value(row) for row in summed if row.layer and row.layer.is_declared)
            notes = (f"of which declared: {part:,}",) if part and name not in KNOWN else ()
            yield Derivation(name, title, total, terms=terms, notes=notes, aside=name not in TABLED)


SUMMED = {
    "weights": "weights",
    "biases": "biases",
    "params": "parameters",
    "trainable": "trainable parameters",
    "frozen": "frozen parameters",
    "buffers": "buffers (not learned)",
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
    "unshared_params": "parameters without weight sharing",
    "dense_params": "parameters of equivalent dense layers",
    "memory.activations": "bytes of the outputs",
}
"""Quantities summed over layers, each with its heading."""

KNOWN = ("elements", "memory.activations")
"""Quantities that are computed for a declared layer, too, from its output."""

TABLED = ("params", "macs", "flops", "neurons", "connections", "memory.activations")
"""Quantities shown by default for several layers."""
