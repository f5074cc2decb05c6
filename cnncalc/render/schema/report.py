"""The JSON Schema of what `cnncalc show --format json` prints."""

from typing import get_args

from cnncalc.analysis.liveness import DataType, Optimizer
from cnncalc.layers import BY_NAME
from cnncalc.problems import Level
from cnncalc.render.data import SCHEMA_VERSION
from cnncalc.render.schema.claims import MEANINGS
from cnncalc.render.schema.values import DRAFT, Schema, closed, described, reference
from cnncalc.shapes import Layout

COUNT: Schema = {"type": "integer", "minimum": 0}
TEXT: Schema = {"type": "string"}
SIZES: Schema = {"type": "array", "items": {"type": "integer"}}
POSITIONS: Schema = {"type": ["array", "null"], "items": {"type": ["number", "null"]}}
OPERATIONS = ("adds", "multiplications", "comparisons", "divisions", "exponentials")
COUNTED: Schema = {"type": "array", "items": COUNT}


def _all(properties: Schema, optional: Schema | None = None) -> Schema:
    """An object that has all of these, and perhaps some of the others."""
    return closed({**properties, **(optional or {})}, required=list(properties))


def _counts(**meanings: str) -> Schema:
    return {name: described(meaning, **COUNT) for name, meaning in meanings.items()}


def _meant(*names: str) -> Schema:
    return _counts(**{name: MEANINGS[name] for name in names})


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
            "operations": _all(_meant(*OPERATIONS)),
            "connections": _all(
                _counts(
                    weighted="pairs of an input and an output with a weight between them",
                    with_bias="those, and one for the bias of each output",
                    unshared_params="parameters if each position had weights of its own",
                    dense_params="parameters if every input were connected to every output",
                )
            ),
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
    params = _meant("weights", "biases", "trainable", "frozen")
    memory = _counts(
        activation="bytes of the output; 0 where it only views its input",
        alive="bytes of all tensors that an inference holds while it runs",
        kept="bytes that training keeps for the backward pass because of it",
    )
    sides: Schema = {**SIZES, "minItems": 2, "maxItems": 2}
    kinds = ", ".join([*BY_NAME][:3])
    return _all(
        {
            "name": TEXT,
            "kind": described(f"one of {kinds} …; of a folded row the block or kinds", **TEXT),
            "line": described("where the spec writes it", **COUNT),
            "inputs": described("what it reads, by name", type="array", items=TEXT),
            "output": SIZES,
            "params": _all({"total": described(MEANINGS["params"], **COUNT), **params}),
            "buffers": described(MEANINGS["buffers"], **COUNT),
            "weight_shapes": {"type": "object", "additionalProperties": SIZES},
            "macs": described(MEANINGS["macs"], **COUNT),
            "operations": reference("operations"),
            "flops": described(MEANINGS["flops"], **COUNT),
            "neurons": described(MEANINGS["neurons"], **COUNT),
            "connections": reference("connections"),
            "memory": _all(memory),
            "receptive_field": _field(),
        },
        {
            "padding": described(
                "positions added before and after each axis, or cut off below 0", type="array", items=sides
            ),
            "shares": described("the layer whose weights it uses", **TEXT),
            "note": TEXT,
            "count": described("what the other tool counts first", **COUNT),
            "counts": described("all that it counts", **COUNTED),
        },
    )


def _field() -> Schema:
    return _all(
        {
            "size": described("along each axis; null for everything", **{**SIZES, "type": ["array", "null"]}),
            "jump": described("effective stride along each axis", **POSITIONS),
            "start": described("centre of the first unit, in input pixels", **POSITIONS),
            "global": described("whether every unit sees the whole input", type="boolean"),
        }
    )


def _totals() -> Schema:
    names = ("params", "weights", "biases", "trainable", "frozen", "buffers", "macs", "flops", "neurons")
    return _all(
        {
            **_meant(*names),
            "operations": reference("operations"),
            "connections": reference("connections"),
            "memory": _all(
                {
                    "dtype": {"enum": list(get_args(DataType))},
                    "optimizer": {"enum": list(get_args(Optimizer))},
                    "peak_layer": described("the layer that runs at the peak", **TEXT),
                    **_counts(
                        parameters="bytes of the learnable numbers",
                        buffers="bytes stored with them",
                        activations="bytes of every layer's output together",
                        peak="the most bytes that an inference holds in activations",
                        inference="parameters, buffers and the peak",
                        gradients="bytes of one gradient for each trainable parameter",
                        optimizer_state="bytes that the optimizer keeps",
                        kept="bytes kept for the backward pass",
                        training="parameters, buffers, gradients, optimizer state and what is kept",
                    ),
                }
            ),
        }
    )


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
