"""The JSON Schema of what `cnncalc show --format json` prints."""

from collections.abc import Iterable
from typing import get_args

from cnncalc.datatypes import DataType, Optimizer
from cnncalc.layers import BY_NAME
from cnncalc.problems import Level
from cnncalc.quantities import BY_NAME as BY_QUANTITY
from cnncalc.quantities import Quantity
from cnncalc.render.data import SCHEMA_VERSION, of_layers, of_totals
from cnncalc.render.schema.values import DRAFT, Schema, closed, described, reference
from cnncalc.shapes import Layout

COUNT: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
SIZES: Schema = {"type": "array", "items": {"type": "integer"}}
POSITIONS: Schema = {"type": ["array", "null"], "items": {"type": ["number", "null"]}}
COUNTED: Schema = {"type": "array", "items": COUNT}


def _all(properties: Schema, optional: Schema | None = None) -> Schema:
    """An object that has all of these, and perhaps some of the others."""
    return closed({**properties, **(optional or {})}, required=list(properties))


def _measured(quantities: Iterable[Quantity], special: dict[str, str], about: Schema | None = None) -> Schema:
    """Each quantity under its name, where a dot opens an object; `special` are other meanings."""
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
    return found | {name: _all(inner) for name, inner in parts.items()}


def report_schema() -> Schema:
    """One network's report; a list of them for several."""
    return {
        "$schema": DRAFT,
        "title": "cnncalc report",
        "description": f"what `cnncalc show --format json` prints, version {SCHEMA_VERSION}",
        "if": {"type": "array"},
        "then": {"items": reference("report")},
        "else": reference("report"),
        "$defs": {
            "report": _report(),
            "layer": _layer(),
            "totals": _totals(),
            "finding": _finding(),
        },
    }


def _report() -> Schema:
    return _all(
        {
            "schema_version": {"const": SCHEMA_VERSION},
            "name": TEXT,
            "source": described("where the spec says that the network comes from", **TEXT),
            "input": described("sizes in the order of `layout`", **SIZES),
            "output": described("sizes in the order of `layout`", **SIZES),
            "layout": {"enum": list(get_args(Layout))},
            "batch": described("samples; operations and memory are those of all", type="integer", minimum=1),
            "layers": {"type": "array", "items": reference("layer")},
            "totals": reference("totals"),
            "findings": {"type": "array", "items": reference("finding")},
        },
        {"note": TEXT, "counted_as": _counted_as()},
    )


def _layer() -> Schema:
    kinds = ", ".join([*BY_NAME][:3])
    measured = _measured(of_layers(), OF_A_LAYER)
    optional: Schema = {
        "padding": measured.pop("padding"),
        "shares": described("the layer whose weights it uses", **TEXT),
        "note": TEXT,
        "count": described("what the other tool counts first", **COUNT),
        "counts": described("all that it counts", **COUNTED),
    }
    return _all(
        {
            "name": TEXT,
            "kind": described(f"one of {kinds} …; of a folded row the block or kinds", **TEXT),
            "line": described("where the spec writes it", **COUNT),
            "inputs": described("what it reads, by name", type="array", items=TEXT),
            **measured,
        },
        optional,
    )


OF_A_LAYER = {
    "memory.activations": "bytes of the output; 0 where it only views its input",
    "memory.peak": "bytes of all tensors that an inference holds while it runs",
    "memory.kept": "bytes that training keeps for the backward pass because of it",
}
"""What quantities mean of one layer, where it is something else than of a network."""


def _field() -> Schema:
    return _all(
        {
            "size": described("along each axis; null for everything", **{**SIZES, "type": ["array", "null"]}),
            "jump": described("effective stride along each axis", **POSITIONS),
            "start": described("centre of the first unit, in input pixels", **POSITIONS),
            "global": described("whether every unit sees the whole input", type="boolean"),
        }
    )


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
"""The schema of a quantity that is not a whole number."""


def _totals() -> Schema:
    about: Schema = {
        "dtype": {"enum": list(get_args(DataType))},
        "optimizer": {"enum": list(get_args(Optimizer))},
        "peak_layer": described("the layer that runs at the peak", **TEXT),
    }
    return _all(_measured(of_totals(), {}, about))


def _counted_as() -> Schema:
    return _all(
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
    return _all(
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
