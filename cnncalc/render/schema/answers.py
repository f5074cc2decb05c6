"""The JSON Schema of answers to an exercise: numbers by layer and quantity."""

from cnncalc.homework.quantities import QUANTITIES
from cnncalc.quantities import BY_NAME
from cnncalc.render.schema.values import DRAFT, Schema, described, reference

SCALARS = ["number", "string", "boolean", "null"]
VARIANT = described("seed of the variant of the network that the answers are for", type=["integer", "null"])


def answers_schema() -> Schema:
    """A mapping of `layer.quantity`, or of layers with their quantities; or a list of rows.

    Quantities have many names: the schema suggests the usual ones and allows all.
    """
    answer: Schema = {"type": [*SCALARS, "array"], "items": {"type": ["number", "string", "null"]}}
    offered: Schema = {
        name: described(BY_NAME[name].meaning, **reference("answer")) for name, quantity in QUANTITIES.items()
    }
    nested: Schema = {"if": {"type": "object"}, "then": reference("answers"), "else": reference("answer")}
    row: Schema = {
        "layer": described("name of the layer; empty for the whole network", type=["string", "null"]),
        "student": described("name of the student", type=["string", "number"]),
        "variant": VARIANT,
        **offered,
    }
    return {
        "$schema": DRAFT,
        "title": "cnncalc answers",
        "description": "answers about a network by layer and quantity",
        "if": {"type": "array"},
        "then": {"items": {"type": "object", "properties": row, "additionalProperties": reference("answer")}},
        "else": reference("answers"),
        "$defs": {
            "answer": described(
                "a number such as 61706 or 34.9K, sizes such as 64x56x56, or a list", **answer
            ),
            "answers": {
                "type": "object",
                "properties": {**offered, "variant": VARIANT},
                "patternProperties": {r"\.": reference("answer")},
                "additionalProperties": nested,
            },
        },
    }
