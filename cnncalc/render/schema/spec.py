"""The JSON Schema of specs, for completion and hover text in editors."""

import re
from collections.abc import Iterable

from cnncalc.layers import KINDS
from cnncalc.layers.dialects import DIALECTS, NAMES
from cnncalc.render.schema import claims, layers, values
from cnncalc.render.schema.layers import TENSOR, word_pattern
from cnncalc.render.schema.values import (
    ANYTHING,
    DRAFT,
    NAME,
    SIZES,
    Schema,
    closed,
    described,
    number,
    or_nothing,
    reference,
    section,
)
from cnncalc.shapes import AXES
from cnncalc.spec.document import SECTIONS, VERSION
from cnncalc.spec.ends import MAX_INPUTS
from cnncalc.spec.model_names import MODEL
from cnncalc.spec.vocabulary import RESERVED

MEANINGS = {
    "cnncalc": "format version; marks the file as a spec",
    "name": "name of the network",
    "source": "source of the architecture and its numbers, such as a paper",
    "model": "the PyTorch model that the spec is of: package.module:Net, for check --against-models",
    "note": "any comment; text is shown below the results",
    "input": "input shape: {channels: 3, height: 224, width: 224}, [3, 224, 224] or 3x224x224",
    "inputs": "shapes of inputs that layers read by name: {image: [3, 224, 224], mask: [1, 224, 224]}",
    "layout": "order of shapes: chw (channels first) or hwc (channels last)",
    "dialect": "library whose rules the spec follows: cnncalc (default), pytorch, keras, caffe or onnx",
    "vars": "variables for expressions; --set NAME=VALUE overrides one",
    "defaults": "default options by kind of layer",
    "blocks": "reusable lists of layers with parameters, inserted with `use`",
    "layers": "the network: a list of layers; each reads the previous one",
    "outputs": "the network's outputs: [boxes, classes], or {boxes: head.conv3}; default: the last layer",
    "auxiliary": "outputs of heads that exist in training only: [aux1, aux2]",
    "freeze": "layers, blocks and patterns whose weights are frozen: [stem, stage1.*]",
    "expect": "expected values, checked whenever the spec is shown",
    "budget": "budgets, checked whenever the spec is shown",
}
"""The sections of a spec with their meanings."""

TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
WORDS: Schema = {"type": ["string", "array", "null"], "items": {"type": ["string", "number"]}}
VALUE: Schema = {"type": ["number", "string", "boolean", "array", "null"]}
IDENTIFIER = NAME[1:-1].replace("0-9-", "0-9")
MEANS_OTHERWISE = "|".join((*RESERVED, "true", "false", "null", "none"))
VARIABLE = rf"^(?!(?:{MEANS_OTHERWISE})(?:\.|$)){IDENTIFIER}(?:\.{IDENTIFIER})*$"
TENSORS = r"^[^\s{}\[\],]+$"
"""The name of a tensor, or a pattern."""
PARAMETER = rf"^\s*{IDENTIFIER}\s*(?:=.*)?$"
LAYOUTS = ("chw", "hwc", "nchw", "nhwc", "channels_first", "channels_last")


def spec_schema() -> Schema:
    """The schema of a spec."""
    return {
        "$schema": DRAFT,
        "title": "cnncalc spec",
        "description": f"a convolutional network, format version {VERSION}",
        "type": "object",
        "properties": {name: described(MEANINGS[name], **_section(name)) for name in SECTIONS},
        "required": ["cnncalc", "layers"],
        "anyOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "$defs": {**values.definitions(), **layers.definitions(), **claims.definitions()},
    }


def _either(words: Iterable[str], others: Iterable[str]) -> Schema:
    """Words that editors offer, and others that are valid, too."""
    accepted: Schema = {"type": "string", "pattern": f"^(?:{'|'.join(map(re.escape, others))})$"}
    return {"anyOf": [{"enum": list(words)}, accepted]}


def _section(name: str) -> Schema:
    sections: dict[str, Schema] = {
        "cnncalc": {"enum": [int(VERSION), VERSION]},
        "name": TEXT,
        "source": TEXT,
        "model": {"type": ["string", "null"], "pattern": f"^(?:{MODEL.pattern})$"},
        "note": ANYTHING,
        "input": _input(),
        "inputs": {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_INPUTS,
            "propertyNames": {"pattern": NAME, "not": {"enum": [*RESERVED]}},
            "additionalProperties": _input(),
        },
        "layout": _either(LAYOUTS, map(str.upper, LAYOUTS)),
        "dialect": _either(NAMES, [*map(str.upper, NAMES), *(DIALECTS[name].title for name in NAMES)]),
        "vars": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": VARIABLE},
            "additionalProperties": VALUE,
        },
        "defaults": _defaults(),
        "blocks": _blocks(),
        "layers": {"type": "array", "minItems": 1, "allOf": [reference("layers")]},
        "outputs": _outputs(),
        "auxiliary": _outputs(),
        "freeze": WORDS,
        "expect": or_nothing("claims"),
        "budget": or_nothing("limits"),
    }
    return sections[name]


def _input() -> Schema:
    """A shape by name, as a list, as `3x224x224`, or as one number for a vector."""
    meanings = {
        "channels": "number of input channels: 3 for a colour image",
        "depth": "size of the first of three axes",
        "height": "rows",
        "width": "columns",
        "length": "length of a signal with one axis",
        "values": "for whole numbers, such as words: how many there are, from 0; one channel is the default",
    }
    names = ("channels", *AXES[3], *AXES[1], "values")
    parts: Schema = {name: described(meanings[name], **number(1)) for name in names}
    return {
        "type": ["object", "array", "string", "integer"],
        "properties": parts,
        "anyOf": [{"required": ["channels"]}, {"required": ["values"]}, {"not": {"type": "object"}}],
        "additionalProperties": False,
        "dependentRequired": {"height": ["width"], "width": ["height"], "depth": ["height", "width"]},
        "dependentSchemas": {"length": {"propertyNames": {"enum": ["channels", "length", "values"]}}},
        "items": number(1),
        "minItems": 1,
        "maxItems": 4,
        "minimum": 1,
        "pattern": f"{SIZES}|{NAME}|^[0-9]+$",
    }


def _outputs() -> Schema:
    """A list of tensors, or names with tensors; patterns name several."""
    tensor: Schema = {"type": "string", "pattern": TENSORS}
    return {
        "type": ["array", "object", "string"],
        "pattern": TENSORS,
        "items": tensor,
        "minItems": 1,
        "minProperties": 1,
        "propertyNames": {"pattern": NAME, "not": {"enum": [*RESERVED]}},
        "additionalProperties": tensor,
    }


def _defaults() -> Schema:
    offered: Schema = {
        kind.kind: described(layers.summary(kind), **section(f"{kind.kind}.defaults")) for kind in KINDS
    }
    by_word: Schema = {word_pattern(kind): reference(f"{kind.kind}.defaults") for kind in KINDS}
    return closed(offered, patternProperties=by_word) | {"type": ["object", "null"]}


def _blocks() -> Schema:
    parameters: Schema = {**WORDS, "pattern": PARAMETER, "items": {"type": "string", "pattern": PARAMETER}}
    inputs: Schema = {**WORDS, "pattern": TENSOR, "items": {"type": "string", "pattern": NAME}}
    body = closed(
        {
            "params": described("parameters, like a signature: [width, stride=1]", **parameters),
            "inputs": described("names of extra input tensors", **inputs),
            "layers": described("the layers of the block", **reference("layers")),
            "note": described("any comment", **ANYTHING),
        },
        required=["layers"],
    )
    return {"type": ["object", "null"], "propertyNames": {"pattern": NAME}, "additionalProperties": body}
