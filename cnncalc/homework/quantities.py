"""What can be asked of a layer, a block or a whole network, and the names under which it is asked."""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from cnncalc.analysis.liveness import BYTES
from cnncalc.analysis.report import Report, Row, folded
from cnncalc.checks.measures import COUNTED
from cnncalc.layers.base import Layer
from cnncalc.shapes import Shape
from cnncalc.window import TransposedWindow, Window

Value = int | Fraction | tuple[int | Fraction, ...]
"""A number, or one for each axis."""
Form = Literal["count", "bytes", "shape", "axes", "weights"]
"""How a quantity is answered: a number, a size of memory, a shape, one number for each axis of a map."""

FLOAT32 = BYTES["float32"]
CALLED = {
    "params": "the parameters",
    "macs": "the MACs",
    "flops": "the FLOPs",
    "elements": "the values that come out",
    "channels": "the depth of the output",
    "memory": "the bytes of the output",
    "param_memory": "the bytes of the parameters",
    "params_per_filter": "the parameters of one filter",
    "weights_per_neuron": "the weights of one neuron",
    "unshared_params": "the parameters without sharing",
    "dense_params": "the parameters of a dense layer in its place",
    "input": "the shape that comes in",
}
"""What quantities are in a sentence, where their names do not say it."""


class Quantity(Struct, frozen=True):
    """Something to ask for. `of` gives None where a layer has no such number."""

    name: str
    words: str
    form: Form
    of: Callable[[Row], Value | Shape | None]

    @property
    def called(self) -> str:
        """What it is in a sentence: the parameters, the output's depth."""
        return CALLED.get(self.name, f"the {self.name.replace('_', ' ')}")


def window_of(row: Row) -> tuple[Window | TransposedWindow, ...]:
    """The windows of a layer that slides some; of any other nothing."""
    windows = windows_of(row.layer, row.reads)
    return tuple(each for each in windows if isinstance(each, Window | TransposedWindow))


def windows_of(layer: Layer | None, reads: tuple[Shape, ...]) -> tuple[object, ...]:
    """What a layer's windows are along each axis; nothing for what slides none, or has several inputs."""
    if layer is None or len(reads) != 1 or not hasattr(layer, "windows"):
        return ()
    windows = layer.windows(*reads)
    return () if isinstance(windows, str) else windows


def _geometry(part: Callable[[Window | TransposedWindow], int]) -> Callable[[Row], Value | None]:
    def of(row: Row) -> Value | None:
        return one_for_all(tuple(part(window) for window in window_of(row)))

    return of


def one_for_all(values: tuple[int | Fraction | None, ...]) -> Value | None:
    """The value that all axes have, or one for each; None where any is unknown."""
    known = tuple(value for value in values if value is not None)
    if not known or len(known) < len(values):
        return None
    return known[0] if len(set(known)) == 1 else known


def _size(row: Row) -> Value | None:
    return one_for_all(row.output.spatial)


def _axis(name: str) -> Callable[[Row], Value | None]:
    def of(row: Row) -> Value | None:
        return dict(zip(row.output.axes, row.output.spatial, strict=True)).get(name)

    return of


def _per_filter(part: Callable[[Row], int]) -> Callable[[Row], Value | None]:
    def of(row: Row) -> Value | None:
        learns = row.layer and row.neurons and row.params.total
        return _whole(Fraction(part(row), row.output.channels)) if learns else None

    return of


def _whole(value: int | Fraction | None) -> int | Fraction | None:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def _weight_shape(row: Row) -> Value | None:
    return next(iter(row.weights.values()), None)


def receptive_field(row: Row) -> Value | None:
    """Its size, one number where all axes agree; 0 stands for everything."""
    return 0 if row.field.is_global else one_for_all(row.field.size or (None,))


def _count(name: str, words: str = "") -> Quantity:
    return Quantity(name, words, "count", COUNTED[name])


QUANTITIES: dict[str, Quantity] = {
    quantity.name: quantity
    for quantity in (
        Quantity(
            "output",
            "output_shape output_size shape dims dimensions volume outshape",
            "shape",
            lambda row: row.output,
        ),
        Quantity("size", "spatial output_hw hw side size_per_axis output_side", "axes", _size),
        Quantity("height", "h output_height h_out", "count", _axis("height")),
        Quantity("width", "w output_width w_out", "count", _axis("width")),
        Quantity("length", "output_length", "count", _axis("length")),
        Quantity(
            "channels",
            "feature_maps maps output_channels out_channels num_feature_maps",
            "count",
            lambda row: row.output.channels,
        ),
        Quantity(
            "elements",
            "num_elements output_elements values flatten_size outputs",
            "count",
            lambda row: row.output.size,
        ),
        Quantity("activations", "num_activations", "count", lambda row: row.activation // FLOAT32),
        Quantity("input", "input_shape input_size", "shape", lambda row: row.reads[0] if row.reads else None),
        _count(
            "params",
            "parameters param parameter n_params num_params total_params learnable_parameters param_count",
        ),
        _count("weights", "weight num_weights"),
        _count("biases", "bias num_biases"),
        _count("trainable", "trainable_params trainable_parameters"),
        _count("frozen", "frozen_params non_trainable nontrainable non_trainable_params"),
        _count("buffers", "running_statistics"),
        _count("macs", "mac macc maccs mult_adds multiply_adds madds multiply_accumulates multadds"),
        _count("flops", "flop operations"),
        _count("neurons", "neuron units num_neurons"),
        _count("adds", "additions"),
        _count("multiplications", "multiplies mults"),
        _count("comparisons"),
        _count("divisions"),
        _count("exponentials"),
        Quantity(
            "connections",
            "num_connections connections_with_bias",
            "count",
            lambda row: row.connections.biased,
        ),
        Quantity(
            "unshared_params",
            "params_unshared unshared unshared_parameters locally_connected_params",
            "count",
            lambda row: row.connections.unshared,
        ),
        Quantity(
            "dense_params", "params_dense fully_connected_params", "count", lambda row: row.connections.full
        ),
        Quantity(
            "params_per_filter",
            "parameters_per_filter filter_params",
            "count",
            _per_filter(lambda row: row.params.total),
        ),
        Quantity(
            "weights_per_neuron",
            "connections_per_neuron weights_per_filter fan_in",
            "count",
            _per_filter(lambda row: row.params.weights),
        ),
        Quantity(
            "memory",
            "activation_memory activations_memory bytes memory_bytes output_bytes activation_bytes",
            "bytes",
            lambda row: row.activation,
        ),
        Quantity(
            "param_memory",
            "params_memory parameter_memory weight_memory weights_memory model_size",
            "bytes",
            lambda row: row.params.total * FLOAT32,
        ),
        Quantity(
            "weight_shape", "weights_shape kernel_shape filter_shape weight_shapes", "weights", _weight_shape
        ),
        Quantity("receptive_field", "rf field receptive_field_size receptivefield", "axes", receptive_field),
        Quantity(
            "jump",
            "effective_stride total_stride output_stride",
            "axes",
            lambda row: one_for_all(tuple(map(_whole, row.field.jump or (None,)))),
        ),
        Quantity(
            "effective_kernel",
            "kernel_extent dilated_kernel",
            "axes",
            _geometry(lambda each: each.dilation * (each.kernel - 1) + 1),
        ),
        Quantity("padding", "pad", "axes", _geometry(lambda each: each.before)),
    )
}

SUMMED = (
    "params",
    "trainable",
    "frozen",
    "weights",
    "biases",
    "buffers",
    "macs",
    "flops",
    "neurons",
    "connections",
    "activations",
    "memory",
)
"""What a network or block has as the sum of its layers."""
KNOWN: dict[str, str] = {
    word: quantity.name
    for quantity in QUANTITIES.values()
    for word in (quantity.name, *quantity.words.split())
}
"""The name of a quantity by every word for it."""
IN_UNITS = re.compile(r"(?P<name>.+)_(?P<unit>bytes|[kmg]i?b)")
"""A unit said with the question: memory_kb, memory (MB)."""
TOTALS = ("total", "totals", "network", "model", "sum", "whole_network", "all")


def quantity_of(word: str) -> tuple[Quantity, str] | None:
    """The quantity that a word names and the unit that it says, whatever its capitals and signs.

    >>> quantity_of("Receptive field")[0].name, quantity_of("# params")[0].name, quantity_of("memory (KB)")[1]
    ('receptive_field', 'params', 'kb')
    """
    plain = (
        re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_").removeprefix("number_of_").removeprefix("no_of_")
    )
    if plain in KNOWN:
        return QUANTITIES[KNOWN[plain]], ""
    found = IN_UNITS.fullmatch(plain)
    if found and found["name"] in KNOWN and QUANTITIES[KNOWN[found["name"]]].form == "bytes":
        return QUANTITIES[KNOWN[found["name"]]], found["unit"]
    return None


def subject(report: Report, layer: str) -> Row:
    """The row of a layer or block; without a name the whole network as one."""
    if layer:
        return report.layer(layer)
    return folded("", "network", list(report.layers), report.output)
