"""The JSON Schema of `expect` and `budget`, generated from the list of quantities."""

from collections.abc import Callable

from cnncalc.quantities import BY_NAME, is_bytes
from cnncalc.render.schema.values import SIZES, Schema, closed, described, number, reference
from cnncalc.spec.claims import LIMITS, MEMORY, OF_THE_NETWORK, QUANTITIES, SHAPED

AMOUNT = r"^\s*[-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\s*[kKmMgGbBtT]?\s*$"
BYTES = rf"{AMOUNT}|^\s*[0-9]+(?:\.[0-9]+)?\s*(?:[kKmMgGtT][iI]?)?[bB]\s*$"
NEGATIVE = r"^\s*-"
LIMIT_MEANINGS = {
    "max": "error above this value",
    "min": "error below this value",
    "warn": "warning beyond this value",
}

WHOLE: Schema = {"type": "integer", "minimum": 1}
SHAPE: Schema = {"type": ["integer", "string", "array"], "minimum": 1, "pattern": SIZES, "items": number(1)}
FIELD: Schema = {**SHAPE, "pattern": f"{SIZES}|^all$"}


def amount(quantity: str) -> Schema:
    """A count, such as `25.6M` (to the digits shown), or bytes with a unit."""
    return {"type": ["number", "string"], "pattern": BYTES if is_bytes(quantity) else AMOUNT}


def claim(quantity: str) -> Schema:
    """The expected value of a quantity."""
    sizes = {"output": SHAPE, "receptive_field": FIELD}
    return described(BY_NAME[quantity].meaning, **sizes.get(quantity) or amount(quantity))


def _bound(quantity: str) -> Schema:
    """A non-negative number; for a quantity with axes also a list of sizes."""
    least: Schema = {"minimum": 0, "not": {"type": "string", "pattern": NEGATIVE}}
    if quantity not in SHAPED:
        return amount(quantity) | least
    return {
        "type": ["number", "string", "array"],
        "pattern": f"{AMOUNT}|{SIZES}",
        "items": WHOLE,
        **least,
    }


def limit(quantity: str) -> Schema:
    """The budget of a quantity."""
    meaning = BY_NAME[quantity].meaning
    bounds: Schema = {
        name: described(f"{LIMIT_MEANINGS[name]}: {meaning}", **_bound(quantity)) for name in LIMITS
    }
    plain = ("number", "string", "array") if quantity in SHAPED else ("number", "string")
    return {
        "description": f"{meaning}; a plain number is the maximum",
        "type": [*plain, "object"],
        "if": {"type": "object"},
        "then": closed(bounds, minProperties=1),
        "else": _bound(quantity),
    }


def definitions() -> Schema:
    """Expected values and budgets, for one layer and for the network with its layers."""
    return {**_section("claims", claim), **_section("limits", limit)}


def _section(name: str, of: Callable[[str], Schema]) -> Schema:
    quantities: Schema = {quantity: of(quantity) for quantity in QUANTITIES}
    parts: Schema = {quantity.removeprefix("memory."): quantities[quantity] for quantity in MEMORY}
    quantities["memory"] = described("bytes by purpose", **closed(parts))
    alone = {name: schema for name, schema in quantities.items() if name not in OF_THE_NETWORK}
    shapes: Schema = {"type": "object", "additionalProperties": of("output")}
    layers: Schema = {"type": "object", "additionalProperties": reference(f"{name}.of_layer")}
    return {
        f"{name}.of_layer": closed(alone),
        name: closed(
            {
                **quantities,
                "layers": described("for layers and blocks, by name", **layers),
                "outputs": described("shapes of outputs, by name", **shapes),
            }
        ),
    }
