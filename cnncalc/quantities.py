"""Quantities: everything measured for a layer or a network, each defined once.

Specs (`expect`, `budget`), limits (`--max`), columns, JSON reports and their schemas, differences and graded
answers all read `QUANTITIES`.

To add a quantity:

1. Compute it in `analysis/`: a field of `Row`, and of `Totals` where layers add up to a total.
2. Add it to `QUANTITIES`, in display order.
3. If it is not a whole number (`unit` is neither `count` nor `bytes`), add its format for each of its
   `uses`: `CELLS` in `render/columns.py`; `VALUES` in `render/data.py` and `FORMS` in
   `render/schema/report.py`; `DERIVED` in `homework/quantities.py`.
4. Add its value to the table in `tests/test_quantities.py`. The tests there report what is missing.
"""

from operator import attrgetter
from typing import Literal

from msgspec import Struct

Unit = Literal["count", "bytes", "shape", "axes", "weights"]
"""A whole number, bytes, a tensor shape, one number per spatial axis, or weight shapes."""

Use = Literal["spec", "column", "data", "answer"]
"""Where a quantity is used: `expect`, `budget` and `--max`; tables and CSV; JSON reports; graded answers."""

EVERYWHERE: tuple[Use, ...] = ("spec", "column", "data", "answer")
SHOWN: tuple[Use, ...] = ("column", "data", "answer")
ANSWER: tuple[Use, ...] = ("answer",)


class Quantity(Struct, frozen=True):
    """One measured quantity.

    Attributes:
        name: its name in specs, JSON (a dot nests), columns and answers.
        title: a noun phrase that follows "the" in messages.
        meaning: one line for schemas and hover text.
        unit: the type of its value.
        at: its attribute of `Row`; if it is additive, also of `Totals`; if only a whole network has it, of
            `Report`. Empty if it is computed on demand.
        in_memory: its attribute of `Memory`, for a network or a part of one.
        additive: whether the values of layers add up to the value of a block or network.
        per_batch: whether the value is for the whole batch.
        of_network: whether only a whole network has it.
        header: the column heading, if not the title.
        uses: where it is used.
        aliases: former names, accepted wherever a name is read.
        words: other names that students use, accepted in graded answers.
    """

    name: str
    title: str
    meaning: str
    unit: Unit = "count"
    at: str = ""
    in_memory: str = ""
    additive: bool = False
    per_batch: bool = False
    of_network: bool = False
    header: str = ""
    uses: tuple[Use, ...] = EVERYWHERE
    aliases: tuple[str, ...] = ()
    words: str = ""

    def number(self, counted: object) -> int:
        """Its value, a whole number, in a row or in totals."""
        number: int = attrgetter(self.at)(counted)
        return number


def _cost(name: str, title: str, meaning: str, words: str = "") -> Quantity:
    """A quantity that counts one kind of arithmetic."""
    at = f"costs.{name}"
    return Quantity(name, title, meaning, at=at, additive=True, per_batch=True, words=words)


QUANTITIES: tuple[Quantity, ...] = (
    Quantity(
        "output",
        "output",
        "the output shape, in the spec's layout",
        unit="shape",
        at="output",
        words=(
            "output_shape output_size shape dims dimensions volume outshape activation_shape"
            " activation_map activation_volume output_volume output_dims output_dimension"
            " output_dimensions output_tensor output_map output_feature_map feature_map out"
            " volume_size ausgabe ausgabegrosse ausgabeform ausgabevolumen ausgabedimension ausgang"
            " ausgangsgrosse ausgangsform sortie taille_sortie forme_sortie dimension_sortie"
            " dimensions_sortie volume_sortie salida tamano_salida forma_salida dimension_salida"
            " dimensiones_salida volumen_salida"
        ),
    ),
    Quantity(
        "size",
        "size",
        "the output size along each axis",
        unit="axes",
        uses=ANSWER,
        words="spatial output_hw hw side size_per_axis output_side",
    ),
    Quantity(
        "height",
        "height",
        "rows of the output",
        uses=ANSWER,
        words="h output_height h_out output_h out_h hohe hauteur altura alto",
    ),
    Quantity(
        "width",
        "width",
        "columns of the output",
        uses=ANSWER,
        words="w output_width w_out output_w out_w breite largeur anchura ancho",
    ),
    Quantity("length", "length", "positions of an output with one axis", uses=ANSWER, words="output_length"),
    Quantity(
        "channels",
        "depth of the output",
        "feature maps of the output",
        at="output.channels",
        uses=ANSWER,
        words=(
            "feature_maps maps output_channels out_channels num_feature_maps c d num_channels"
            " output_depth output_c output_d out_c channels_out depth_out kanale tiefe canaux"
            " profondeur canales profundidad"
        ),
    ),
    Quantity(
        "elements",
        "output values",
        "number of output values",
        at="output.size",
        uses=ANSWER,
        words="num_elements output_elements values flatten_size outputs",
    ),
    Quantity(
        "activations",
        "activations",
        "values stored for the output; 0 if it is a view of the input",
        additive=True,
        uses=ANSWER,
        words="num_activations",
    ),
    Quantity(
        "input",
        "input shape",
        "the shape of the first input",
        unit="shape",
        uses=ANSWER,
        words="input_shape input_size input_volume input_dimensions eingabe eingabegrosse entree entrada",
    ),
    Quantity(
        "params",
        "parameters",
        "learnable values; shared weights count once",
        at="params.total",
        additive=True,
        words=(
            "parameters param parameter n_params num_params total_params learnable_parameters"
            " param_count parameter_count number_params weights_and_biases weights_biases weights_bias"
            " weights_plus_biases learnables total_learnables parameteranzahl parameterzahl"
            " lernbare_parameter gewichte_und_bias gewichte_bias parametres poids_et_biais parametros"
            " pesos_y_sesgos"
        ),
    ),
    Quantity(
        "params_with_auxiliary",
        "parameters with auxiliary heads",
        "learnable values, with those of heads that exist in training only",
        at="params_with_auxiliary",
        of_network=True,
        uses=("spec", "data"),
    ),
    Quantity(
        "weights",
        "weights",
        "learnable values other than biases",
        at="params.weights",
        additive=True,
        words=(
            "weight num_weights weights_only gewichte poids pesos weights_without_bias"
            " weights_without_biases params_without_bias params_without_biases parameters_without_bias"
            " parameters_without_biases parameter_ohne_bias parametres_sans_biais parametros_sin_sesgo"
            " parametros_sin_sesgos"
        ),
    ),
    Quantity(
        "biases",
        "biases",
        "learnable values added to the outputs",
        at="params.biases",
        additive=True,
        words="bias num_biases bias_terms num_bias biais sesgo sesgos",
    ),
    Quantity(
        "trainable",
        "trainable",
        "learnable values that training updates",
        at="params.trainable",
        additive=True,
        words="trainable_params trainable_parameters",
    ),
    Quantity(
        "frozen",
        "frozen",
        "learnable values that training does not update",
        at="params.frozen",
        additive=True,
        words="frozen_params non_trainable nontrainable non_trainable_params",
    ),
    Quantity(
        "buffers",
        "buffers",
        "values stored but not learned, such as running statistics",
        at="buffers",
        additive=True,
        words="running_statistics",
    ),
    _cost(
        "macs",
        "MACs",
        "multiply-accumulates of convolutions and dense layers, for one sample",
        "mac macc maccs mult_add mult_adds multiply_adds madds multiply_accumulates multadds",
    ),
    _cost(
        "macs_on_padding",
        "MACs on padding",
        "multiply-accumulates that only meet padding, or whose result is cropped; part of the MACs",
        "padding_macs wasted_macs",
    ),
    _cost(
        "flops",
        "FLOPs",
        "2 × MACs plus all other operations, for one sample",
        "flop operations floating_point_operations flop_count operationen",
    ),
    Quantity(
        "neurons",
        "neurons",
        "outputs of convolutions and dense layers",
        at="neurons",
        additive=True,
        words="neuron units num_neurons neuronen neurones neuronas",
    ),
    _cost("adds", "adds", "additions, without those in MACs", "additions"),
    _cost("multiplications", "multiplications", "multiplications, without those in MACs", "multiplies mults"),
    _cost("comparisons", "comparisons", "comparisons, as in max pooling and ReLU"),
    _cost("divisions", "divisions", "divisions"),
    _cost("exponentials", "exponentials", "transcendental functions: exp, log, root, power, tanh, erf"),
    Quantity(
        "weighted_connections",
        "connections without biases",
        "input-output pairs connected by a weight",
        at="connections.weighted",
        additive=True,
        uses=("data",),
    ),
    Quantity(
        "connections",
        "connections",
        "input-output pairs connected by a weight, plus one for each output's bias",
        at="connections.biased",
        additive=True,
        uses=SHOWN,
        words="num_connections connections_with_bias verbindungen connexions conexiones",
    ),
    Quantity(
        "unshared_params",
        "parameters without sharing",
        "parameters if each position had its own weights",
        at="connections.unshared",
        additive=True,
        header="unshared\nparameters",
        uses=SHOWN,
        aliases=("unshared",),
        words="params_unshared unshared_parameters locally_connected_params",
    ),
    Quantity(
        "dense_params",
        "parameters of an equivalent dense layer",
        "parameters if every input were connected to every output",
        at="connections.full",
        additive=True,
        header="dense\nparameters",
        uses=SHOWN,
        words="params_dense fully_connected_params",
    ),
    Quantity(
        "params_per_filter",
        "parameters of one filter",
        "weights and bias of one filter or unit",
        uses=ANSWER,
        words="parameters_per_filter filter_params",
    ),
    Quantity(
        "weights_per_neuron",
        "weights of one neuron",
        "weights that contribute to one output",
        uses=ANSWER,
        words="connections_per_neuron weights_per_filter fan_in",
    ),
    Quantity(
        "memory.parameters",
        "bytes of the parameters",
        "bytes of the learnable values",
        unit="bytes",
        in_memory="parameters",
        uses=("spec", "data", "answer"),
        aliases=("param_memory", "params_memory"),
        words="parameter_memory weight_memory weights_memory model_size",
    ),
    Quantity(
        "memory.buffers",
        "bytes of the buffers",
        "bytes of values stored but not learned",
        unit="bytes",
        in_memory="buffers",
        uses=("spec", "data"),
    ),
    Quantity(
        "memory.activations",
        "bytes of the output",
        "bytes of all outputs",
        unit="bytes",
        at="activation",
        in_memory="activations",
        additive=True,
        header="activation\nbytes",
        aliases=("activation_memory",),
        words=(
            "memory speicher speicherbedarf memoire memoria activations_memory bytes memory_bytes"
            " output_bytes activation_bytes"
        ),
    ),
    Quantity(
        "memory.peak",
        "bytes alive",
        "peak bytes of activations during inference",
        unit="bytes",
        at="alive",
        in_memory="peak",
        uses=("spec", "column", "data"),
        aliases=("alive_memory",),
    ),
    Quantity(
        "memory.inference",
        "bytes for inference",
        "bytes of parameters, buffers and peak activations",
        unit="bytes",
        in_memory="inference",
        uses=("spec", "data"),
    ),
    Quantity(
        "memory.gradients",
        "bytes of the gradients",
        "bytes of the gradients of trainable parameters",
        unit="bytes",
        in_memory="gradients",
        uses=("data",),
    ),
    Quantity(
        "memory.optimizer_state",
        "bytes of the optimizer's state",
        "bytes of the optimizer state",
        unit="bytes",
        in_memory="optimizer",
        uses=("data",),
    ),
    Quantity(
        "memory.kept",
        "bytes kept for training",
        "bytes saved for the backward pass",
        unit="bytes",
        at="kept",
        in_memory="kept",
        additive=True,
        header="bytes kept\nfor training",
        uses=("column", "data"),
        aliases=("kept_memory",),
    ),
    Quantity(
        "memory.training",
        "bytes for training",
        "bytes of parameters, buffers, gradients, optimizer state and saved activations",
        unit="bytes",
        in_memory="training",
        uses=("spec", "data"),
    ),
    Quantity(
        "depth",
        "depth",
        "layers with weights on the longest path from input to output",
        at="depth",
        of_network=True,
        uses=("spec", "data"),
    ),
    Quantity(
        "weight_shapes",
        "weight shape",
        "the shape of each learnable tensor",
        unit="weights",
        at="weights",
        header="weight shapes",
        uses=SHOWN,
        aliases=("weight_shape",),
        words="weights_shape kernel_shape filter_shape",
    ),
    Quantity(
        "receptive_field",
        "receptive field",
        "input positions that a unit depends on: one size for all axes or one per axis; or all",
        unit="axes",
        at="field",
        header="receptive\nfield",
        words="rf field receptive_field_size receptivefield rezeptives_feld champ_receptif campo_receptivo",
    ),
    Quantity(
        "jump",
        "jump",
        "effective stride along each axis",
        unit="axes",
        at="field.jump",
        uses=("column", "answer"),
        words="effective_stride total_stride output_stride",
    ),
    Quantity(
        "start",
        "start",
        "centre of the first unit, in input pixels",
        unit="axes",
        at="field.start",
        uses=("column",),
    ),
    Quantity(
        "effective_kernel",
        "effective kernel",
        "input positions from a window's first tap to its last, along each axis",
        unit="axes",
        uses=ANSWER,
        words="kernel_extent dilated_kernel",
    ),
    Quantity(
        "padding",
        "padding",
        "positions added before and after each axis; negative values crop",
        unit="axes",
        uses=SHOWN,
        words="pad",
    ),
)
"""In the order in which lists, columns and JSON keys show them."""

BY_NAME: dict[str, Quantity] = {quantity.name: quantity for quantity in QUANTITIES}
FORMER: dict[str, str] = {alias: each.name for each in QUANTITIES for alias in each.aliases}
"""Former names and their current ones."""


def used(use: Use) -> tuple[Quantity, ...]:
    """The quantities with a given use, in order."""
    return tuple(quantity for quantity in QUANTITIES if use in quantity.uses)


def current(name: str) -> str:
    """The current name of a former one; other names are returned unchanged.

    >>> current("unshared"), current("macs")
    ('unshared_params', 'macs')
    """
    return FORMER.get(name, name)


def is_bytes(name: str) -> bool:
    """Whether a quantity is measured in bytes."""
    return name in BY_NAME and BY_NAME[name].unit == "bytes"


ADDITIVE: tuple[Quantity, ...] = tuple(each for each in QUANTITIES if each.additive and each.at)
"""The quantities that rows and totals both have."""
