"""The JSON Schema of the output of `cnncalc show --format json`."""

from collections.abc import Iterable
from typing import get_args

from cnncalc.datatypes import DataType, Optimizer
from cnncalc.layers import BY_NAME, KINDS, Option, options_of
from cnncalc.layers.dialects import NAMES
from cnncalc.problems import Level
from cnncalc.quantities import ADDITIVE, Quantity
from cnncalc.quantities import BY_NAME as BY_QUANTITY
from cnncalc.render.data import SCHEMA_VERSION, of_layers, of_totals
from cnncalc.render.schema.values import DRAFT, Schema, closed, described, plain_schema, reference
from cnncalc.shapes import Layout

COUNT: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
SIZES: Schema = {"type": "array", "items": {"type": "integer"}}
BY_NAME_SIZES: Schema = {"type": "object", "additionalProperties": SIZES}
POSITIONS: Schema = {"type": ["array", "null"], "items": {"type": ["number", "null"]}}
COUNTED: Schema = {"type": "array", "items": COUNT}


def all_of(properties: Schema, optional: Schema | None = None) -> Schema:
    """An object with all of these properties, and optionally the others."""
    return closed({**properties, **(optional or {})}, required=list(properties))


def _measured(quantities: Iterable[Quantity], special: dict[str, str], about: Schema | None = None) -> Schema:
    """The quantities by name, nested at dots; `special` overrides descriptions."""
    found: Schema = {}
    parts: dict[str, Schema] = {"memory": dict(about or {})}
    for each in quantities:
        first, _, part = each.name.partition(".")
        meaning = special.get(each.name, each.meaning)
        schema = FORMS.get(each.name) or described(meaning, **COUNT)
        if part:
            parts[first][part] = schema
        else:
            found[first] = schema
    return found | {name: all_of(inner) for name, inner in parts.items()}


def report_schema() -> Schema:
    """The report of one network, or a list of reports."""
    return {
        "$schema": DRAFT,
        "title": "cnncalc report",
        "description": f"output of `cnncalc show --format json`, version {SCHEMA_VERSION}",
        "if": {"type": "array"},
        "then": {"items": reference("report")},
        "else": reference("report"),
        "$defs": {
            "report": _report(),
            "layer": _layer(),
            "totals": _totals(),
            "finding": _finding(),
            **_options(),
        },
    }


def _report() -> Schema:
    return all_of(
        {
            "schema_version": {"const": SCHEMA_VERSION},
            "name": TEXT,
            "source": described("source of the network, as in the spec", **TEXT),
            "inputs": described("sizes of each input, in the order of `layout`", **BY_NAME_SIZES),
            "outputs": described("sizes of each output, in the order of `layout`", **BY_NAME_SIZES),
            "layout": {"enum": list(get_args(Layout))},
            "dialect": described("library whose rules the spec follows", enum=list(NAMES)),
            "batch": described(
                "batch size; operations and memory are for the whole batch", type="integer", minimum=1
            ),
            "layers": {"type": "array", "items": reference("layer")},
            "receptive_field": _of_network(),
            "totals": reference("totals"),
            "findings": {"type": "array", "items": reference("finding")},
        },
        {"note": TEXT, "counted_as": _counted_as(), "auxiliary": _auxiliary()},
    )


def _auxiliary() -> Schema:
    sums = (each for each in ADDITIVE if "data" in each.uses)
    totals = described(
        "sums over their layers, which `totals` leaves out", **all_of(_measured(sums, {}), DECLARED)
    )
    heads: Schema = {
        "outputs": described("sizes of the output of each head", **BY_NAME_SIZES),
        "totals": totals,
    }
    return described("heads that exist in training only", **all_of(heads))


def _layer() -> Schema:
    kinds = ", ".join([*BY_NAME][:3])
    measured = _measured(of_layers(), OF_A_LAYER)
    optional: Schema = {
        "padding": measured.pop("padding"),
        "options": described(
            "all options of the layer: kernel, stride and dilation for each axis, padding as "
            "[before, after] for each axis; a folded row has none",
            type="object",
        ),
        "shares": described("layer whose weights it shares", **TEXT),
        "note": TEXT,
        "auxiliary": described("whether it belongs to a head that exists in training only", const=True),
        "count": described("first number of the other tool", **COUNT),
        "counts": described("all numbers of the tool", **COUNTED),
    }
    layer = all_of(
        {
            "name": TEXT,
            "kind": described(f"one of {kinds} …; for a folded row the block or kinds", **TEXT),
            "line": described("line in the spec", **COUNT),
            "inputs": described("names of its inputs", type="array", items=TEXT),
            **measured,
        },
        optional,
    )
    return {**layer, "allOf": [_if_kind(kind.kind) for kind in KINDS]}


def _if_kind(kind: str) -> Schema:
    """The options of a layer of this kind."""
    is_kind: Schema = {"properties": {"kind": {"const": kind}}, "required": ["options"]}
    return {"if": is_kind, "then": {"properties": {"options": reference(f"options.{kind}")}}}


DECLARED: Schema = {
    "declared": described(
        "the part that `custom` layers of the spec declare, if there are any",
        **all_of({"layers": COUNT, "params": COUNT, "macs": COUNT, "flops": COUNT}),
    )
}
"""The part of totals that is not computed."""


def _options() -> Schema:
    """The options of each kind by name, from its class; all are there."""
    return {
        f"options.{kind.kind}": all_of(
            {option.name: _option(option) for option in options_of(kind).values()},
        )
        for kind in KINDS
    }


def _option(option: Option) -> Schema:
    return described(option.meaning or option.expected, **plain_schema(option.type))


OF_A_LAYER = {
    "memory.activations": "bytes of the output; 0 for a view of the input",
    "memory.peak": "bytes of all live tensors while the layer runs at inference",
    "memory.kept": "bytes saved for the backward pass because of the layer",
}
"""Descriptions of quantities that mean something else for a layer than for a network."""


def _of_network() -> Schema:
    layer = described("last layer with more than one position, whose field this is", **TEXT)
    return _field({"layer": layer})


def _field(before: Schema | None = None) -> Schema:
    by_input: Schema = {"type": "object", "additionalProperties": all_of(_field_numbers())}
    return all_of(
        {**(before or {}), **_field_numbers()},
        {"by_input": described("with several inputs: the field on each that it depends on", **by_input)},
    )


def _field_numbers() -> Schema:
    return {
        "size": described(
            "for each axis; null if it is the whole input", **{**SIZES, "type": ["array", "null"]}
        ),
        "jump": described("effective stride for each axis", **POSITIONS),
        "start": described("centre of the first unit, in input pixels", **POSITIONS),
        "global": described("whether every unit sees the whole input", type="boolean"),
    }


FORMS: dict[str, Schema] = {
    "output": SIZES,
    "weight_shapes": {"type": "object", "additionalProperties": SIZES},
    "receptive_field": _field(),
    "padding": described(
        BY_QUANTITY["padding"].meaning,
        type="array",
        items={**SIZES, "minItems": 2, "maxItems": 2},
    ),
}
"""The schemas of quantities that are not whole numbers."""


def _totals() -> Schema:
    about: Schema = {
        "dtype": {"enum": list(get_args(DataType))},
        "optimizer": {"enum": list(get_args(Optimizer))},
        "peak_layer": described("layer that runs at the peak", **TEXT),
    }
    return all_of(_measured(of_totals(), {}, about), DECLARED)


def _counted_as() -> Schema:
    return all_of(
        {
            "tool": TEXT,
            "source": TEXT,
            "quantity": TEXT,
            "total": COUNT,
            "quantities": {"type": "array", "items": TEXT},
            "totals": COUNTED,
            "not_counted": {"type": "array", "items": TEXT},
        }
    )


def _finding() -> Schema:
    place: Schema = {"type": ["integer", "null"], "minimum": 0}
    return all_of(
        {
            "code": TEXT,
            "level": {"enum": list(get_args(Level))},
            "message": TEXT,
            "hint": TEXT,
            "line": place,
            "column": place,
            "layer": {"type": ["string", "null"]},
        }
    )
