"""The JSON Schema of `expect` and `budget`, generated from the quantities that can be counted."""

from collections.abc import Callable

from cnncalc.quantities import BY_NAME, is_bytes
from cnncalc.render.schema.values import SIZES, Schema, closed, described, reference
from cnncalc.spec.claims import LIMITS, MEMORY, OF_THE_NETWORK, QUANTITIES, SHAPED

AMOUNT = r"^\s*[-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\s*[kKmMgGbBtT]?\s*$"
BYTES = rf"{AMOUNT}|^\s*[0-9]+(?:\.[0-9]+)?\s*(?:[kKmMgGtT][iI]?)?[bB]\s*$"
NEGATIVE = r"^\s*-"
LIMIT_MEANINGS = {"max": "an error above it", "min": "an error below it", "warn": "a warning beyond it"}

WHOLE: Schema = {"type": "integer", "minimum": 1}
SHAPE: Schema = {"type": ["integer", "string", "array"], "minimum": 1, "pattern": SIZES, "items": WHOLE}
FIELD: Schema = {**SHAPE, "pattern": f"{SIZES}|^all$"}


def amount(quantity: str) -> Schema:
    """A count as written, `25.6M` to the digits shown; bytes with their unit."""
    return {"type": ["number", "string"], "pattern": BYTES if is_bytes(quantity) else AMOUNT}


def claim(quantity: str) -> Schema:
    """What may be claimed of a quantity."""
    sizes = {"output": SHAPE, "receptive_field": FIELD}
    return described(BY_NAME[quantity].meaning, **sizes.get(quantity) or amount(quantity))


def _bound(quantity: str) -> Schema:
    """A number from 0 up; for what has axes also a size for each."""
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
    """What may be set as a limit of a quantity."""
    meaning = BY_NAME[quantity].meaning
    bounds: Schema = {
        name: described(f"{LIMIT_MEANINGS[name]}: {meaning}", **_bound(quantity)) for name in LIMITS
    }
    return {
        "description": f"{meaning}; a bare number is the most that it may be",
        "if": {"type": "object"},
        "then": closed(bounds, minProperties=1),
        "else": _bound(quantity),
    }


def definitions() -> Schema:
    """Claims and limits, of one layer and of the network with its layers."""
    return {**_section("claims", claim), **_section("limits", limit)}


def _section(name: str, of: Callable[[str], Schema]) -> Schema:
    quantities: Schema = {quantity: of(quantity) for quantity in QUANTITIES}
    parts: Schema = {quantity.removeprefix("memory."): quantities[quantity] for quantity in MEMORY}
    quantities["memory"] = described("bytes, by what they are for", **closed(parts))
    alone = {name: schema for name, schema in quantities.items() if name not in OF_THE_NETWORK}
    layers: Schema = {"type": "object", "additionalProperties": reference(f"{name}.of_layer")}
    return {
        f"{name}.of_layer": closed(alone),
        name: closed({**quantities, "layers": described("of layers and blocks, by name", **layers)}),
    }
