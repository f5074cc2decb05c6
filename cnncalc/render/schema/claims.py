"""The JSON Schema of `expect` and `budget`, generated from the quantities that can be counted."""

from cnncalc.render.schema.values import SIZES, Schema, closed, described, reference
from cnncalc.spec.claims import LIMITS, QUANTITIES

AMOUNT = r"^\s*[-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\s*[kKmMgGbBtT]?\s*$"
BYTES = r"^\s*[-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\s*[kKmMgGtT]?i?[bB]?\s*$"
MEANINGS = {
    "params": "learnable numbers; shared weights count once",
    "weights": "learnable numbers that are no biases",
    "biases": "learnable numbers added to an output each",
    "trainable": "learnable numbers that training changes",
    "frozen": "learnable numbers that training leaves alone",
    "buffers": "numbers stored but not learned, such as running statistics",
    "macs": "multiply-accumulates of convolutions and dense layers, for one sample",
    "flops": "2 × MACs and every other operation, for one sample",
    "neurons": "outputs of convolutions and dense layers",
    "adds": "additions besides those in MACs",
    "multiplications": "multiplications besides those in MACs",
    "comparisons": "comparisons, as of max-poolings and rectifiers",
    "divisions": "divisions",
    "exponentials": "transcendental functions: exp, log, root, power, tanh, erf",
    "output": "the shape that comes out, in the layout of the spec",
    "receptive_field": "input positions that a unit sees: one size for all axes, or one each; or all",
}
"""Each quantity in a line."""
LIMIT_MEANINGS = {"max": "an error above it", "min": "an error below it", "warn": "a warning above it"}

WHOLE: Schema = {"type": "integer", "minimum": 1}
SHAPE: Schema = {"type": ["integer", "string", "array"], "minimum": 1, "pattern": SIZES, "items": WHOLE}
FIELD: Schema = {**SHAPE, "pattern": f"{SIZES}|^all$"}


def amount(quantity: str) -> Schema:
    """A count as written, `25.6M` to the digits shown; bytes with their unit."""
    return {"type": ["number", "string"], "pattern": BYTES if quantity.startswith("memory") else AMOUNT}


def claim(quantity: str) -> Schema:
    """What may be claimed of a quantity."""
    sizes = {"output": SHAPE, "receptive_field": FIELD}
    return described(MEANINGS[quantity], **sizes.get(quantity) or amount(quantity))


def _limit(quantity: str) -> Schema:
    meaning = MEANINGS[quantity]
    bounds: Schema = {
        name: described(f"{LIMIT_MEANINGS[name]}: {meaning}", **amount(quantity)) for name in LIMITS
    }
    return {
        "description": f"{meaning}; a bare number is the most that it may be",
        "if": {"type": "object"},
        "then": closed(bounds),
        "else": amount(quantity),
    }


def definitions() -> Schema:
    """Claims and limits, of one layer and of the network with its layers."""
    of_claims: Schema = {quantity: claim(quantity) for quantity in QUANTITIES}
    of_limits: Schema = {quantity: _limit(quantity) for quantity in QUANTITIES if quantity != "output"}
    return {
        "claims.of_layer": closed(of_claims),
        "claims": _with_layers(of_claims, "claims"),
        "limits.of_layer": closed(of_limits),
        "limits": _with_layers(of_limits, "limits"),
    }


def _with_layers(quantities: Schema, name: str) -> Schema:
    layers: Schema = {"type": "object", "additionalProperties": reference(f"{name}.of_layer")}
    return closed({**quantities, "layers": described("of single layers and blocks, by name", **layers)})
