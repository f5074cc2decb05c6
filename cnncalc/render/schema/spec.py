"""The JSON Schema of specs, for completion and hover text in editors."""

from cnncalc.layers import KINDS
from cnncalc.render.schema import claims, layers, values
from cnncalc.render.schema.layers import TENSOR, word_pattern
from cnncalc.render.schema.values import (
    DRAFT,
    NAME,
    SIZES,
    Schema,
    closed,
    described,
    number,
    or_nothing,
    reference,
)
from cnncalc.shapes import AXES
from cnncalc.spec.document import SECTIONS, VERSION
from cnncalc.spec.vocabulary import RESERVED

MEANINGS = {
    "cnncalc": "marks the file, and the version of the format",
    "name": "what the network is called",
    "source": "where the architecture and its numbers come from",
    "note": "whatever there is to say; text is shown below the results",
    "input": "the tensor that enters: {channels: 3, height: 224, width: 224}, [3, 224, 224] or 3x224x224",
    "layout": "the order in which the spec writes shapes: chw, channels first, or hwc, channels last",
    "vars": "numbers and words that expressions read; --set NAME=VALUE replaces one",
    "defaults": "options that all layers of a kind have unless they say otherwise",
    "blocks": "lists of layers with parameters, placed with `use`",
    "layers": "the network: a list of layers, each reading the one before",
    "freeze": "layers, blocks and patterns whose weights training leaves alone: [stem, stage1.*]",
    "expect": "claims that are checked whenever the spec is shown",
    "budget": "limits that are checked whenever the spec is shown",
}
"""The sections of a spec, in a line each."""

TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
WORDS: Schema = {"type": ["string", "array", "null"], "items": {"type": ["string", "number"]}}
VALUE: Schema = {"type": ["number", "string", "boolean", "array", "null"]}
IDENTIFIER = NAME[1:-1].replace("0-9-", "0-9")
MEANS_OTHERWISE = "|".join((*RESERVED, "true", "false", "null", "none"))
VARIABLE = rf"^(?!(?:{MEANS_OTHERWISE})$){IDENTIFIER}$"
PARAMETER = rf"^\s*{IDENTIFIER}\s*(?:=.*)?$"
LAYOUTS = ("chw", "hwc", "nchw", "nhwc", "channels_first", "channels_last")


def spec_schema() -> Schema:
    """The schema of a whole spec."""
    return {
        "$schema": DRAFT,
        "title": "cnncalc spec",
        "description": f"a convolutional network, version {VERSION} of the format",
        "type": "object",
        "properties": {name: described(MEANINGS[name], **_section(name)) for name in SECTIONS},
        "required": ["cnncalc", "input", "layers"],
        "additionalProperties": False,
        "$defs": {**values.definitions(), **layers.definitions(), **claims.definitions()},
    }


def _section(name: str) -> Schema:
    sections: dict[str, Schema] = {
        "cnncalc": {"enum": [int(VERSION), VERSION]},
        "name": TEXT,
        "source": TEXT,
        "note": {},
        "input": _input(),
        "layout": {"enum": [*LAYOUTS, *map(str.upper, LAYOUTS)]},
        "vars": {
            "type": ["object", "null"],
            "propertyNames": {"pattern": VARIABLE},
            "additionalProperties": VALUE,
        },
        "defaults": _defaults(),
        "blocks": _blocks(),
        "layers": {**reference("layers"), "minItems": 1},
        "freeze": WORDS,
        "expect": or_nothing("claims"),
        "budget": or_nothing("limits"),
    }
    return sections[name]


def _input() -> Schema:
    """By name, as a list, as `3x224x224`, or as one number for a vector."""
    meanings = {
        "channels": "feature maps that enter: 3 of a colour image",
        "depth": "positions along the first of three axes",
        "height": "rows",
        "width": "columns",
        "length": "positions of a signal of one axis",
    }
    names = ("channels", *AXES[3], *AXES[1])
    parts: Schema = {name: described(meanings[name], **number(1)) for name in names}
    return {
        "type": ["object", "array", "string", "integer"],
        "properties": parts,
        "required": ["channels"],
        "additionalProperties": False,
        "dependentRequired": {"height": ["width"], "width": ["height"], "depth": ["height", "width"]},
        "dependentSchemas": {"length": {"propertyNames": {"enum": ["channels", "length"]}}},
        "items": number(1),
        "minItems": 1,
        "maxItems": 4,
        "minimum": 1,
        "pattern": f"{SIZES}|{NAME}|^[0-9]+$",
    }


def _defaults() -> Schema:
    offered: Schema = {kind.kind: described(layers.summary(kind)) for kind in KINDS}
    by_word: Schema = {word_pattern(kind): reference(f"{kind.kind}.defaults") for kind in KINDS}
    return closed(offered, patternProperties=by_word) | {"type": ["object", "null"]}


def _blocks() -> Schema:
    parameters: Schema = {**WORDS, "pattern": PARAMETER, "items": {"type": "string", "pattern": PARAMETER}}
    inputs: Schema = {**WORDS, "pattern": TENSOR, "items": {"type": "string", "pattern": NAME}}
    body = closed(
        {
            "params": described("its parameters, as a signature: [width, stride=1]", **parameters),
            "inputs": described("extra tensors that are handed in, by their names in it", **inputs),
            "layers": described("what it stands for", **reference("layers")),
            "note": described("whatever there is to say about it"),
        },
        required=["layers"],
    )
    return {"type": ["object", "null"], "propertyNames": {"pattern": NAME}, "additionalProperties": body}
