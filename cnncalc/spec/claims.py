"""What a spec claims about its network (`expect`) and the limits that it sets (`budget`)."""

from fractions import Fraction

from msgspec import Struct, structs

from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.quantities import current, is_bytes, used
from cnncalc.spec.amounts import Amount, amount_of, sizes_of
from cnncalc.spec.reader import Mapping, Node, Scalar

QUANTITIES = tuple(quantity.name for quantity in used("spec"))
MEMORY = tuple(name for name in QUANTITIES if name.startswith("memory."))
OF_THE_NETWORK = tuple(quantity.name for quantity in used("spec") if quantity.of_network)
"""What single layers do not have."""
SHAPED = tuple(quantity.name for quantity in used("spec") if quantity.unit in ("shape", "axes"))
"""What has a size along each axis."""
LIMITS = ("max", "min", "warn")

Bound = Fraction | tuple[int, ...]
"""One number, or a size for each axis."""


class Claim(Struct, frozen=True):
    """One number that must hold. `layer` is empty for the whole network, or a name or a pattern.

    `value` is a count with its tolerance, the sizes of a shape, a receptive field along each axis
    (one size serves all), or "all".
    """

    layer: str
    quantity: str
    written: str
    value: Amount | tuple[int, ...] | str
    place: Place


class Limit(Struct, frozen=True):
    """Bounds on one number; beyond `warn` there is something to say.

    `warn` stands on the side of the bound that it goes with: below it only where there is a `min`
    and no `max`.
    """

    layer: str
    quantity: str
    place: Place
    max: Bound | None = None
    min: Bound | None = None
    warn: Bound | None = None


Entry = tuple[str, Scalar, Node]
"""The layer, the quantity, and what is said of it."""


def claims(node: Node | None, layer: str, findings: Findings) -> tuple[Claim, ...]:
    """The claims of an `expect` section; those under its `layers` name theirs."""
    found = (_claim(*entry, findings) for entry in _quantities(node, layer, "expect", findings))
    return tuple(claim for claim in found if claim)


def limits(node: Node | None, layer: str, findings: Findings) -> tuple[Limit, ...]:
    """The limits of a `budget` section; a bare number is a `max`."""
    found = (limit_of(*entry, findings) for entry in _quantities(node, layer, "budget", findings))
    return tuple(limit for limit in found if limit)


def _quantities(node: Node | None, layer: str, section: str, findings: Findings) -> list[Entry]:
    """An entry for each key of a section, those of its layers and of its memory included."""
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return []
    if not isinstance(node, Mapping):
        hint = "as in `{params: 61706}`"
        findings.add(Problem("not-a-mapping", f"{section} must be a mapping", node.place, hint))
        return []
    found: list[Entry] = []
    for written, value in node.entries:
        key = named_today(written)
        if key.text == "layers" and not layer:
            found += _of_layers(value, section, findings)
        elif key.text == "memory":
            found += _of_memory(value, layer, findings)
        elif problem := wrong_quantity(key, layer):
            findings.add(problem)
        else:
            found.append((layer, key, value))
    return found


def _of_layers(node: Node, section: str, findings: Findings) -> list[Entry]:
    if isinstance(node, Mapping):
        return [
            entry
            for name, inner in node.entries
            for entry in _quantities(inner, name.text, f"{section} of {name.text}", findings)
        ]
    hint = "as in `layers: {conv1: {params: 156}}`"
    findings.add(Problem("not-a-mapping", "layers must be a mapping of names", node.place, hint))
    return []


def _of_memory(node: Node, layer: str, findings: Findings) -> list[Entry]:
    """`memory: {peak: 16MiB}`, the same as `memory.peak: 16MiB`."""
    if not isinstance(node, Mapping):
        hint = "as in `memory: {peak: 16MiB}`; " + ", ".join(MEMORY)
        findings.add(Problem("not-a-mapping", "memory must say which memory", node.place, hint))
        return []
    found: list[Entry] = []
    for part, value in node.entries:
        key = Scalar(f"memory.{part.text}", part.line, part.column, part.width)
        if problem := wrong_quantity(key, layer):
            findings.add(problem)
        else:
            found.append((layer, key, value))
    return found


def named_today(key: Scalar) -> Scalar:
    """The name of a quantity in its place, a former name replaced."""
    return structs.replace(key, text=current(key.text))


def wrong_quantity(key: Scalar, layer: str) -> Problem | None:
    """What is wrong with the name of a quantity, if anything is."""
    if key.text not in QUANTITIES:
        known = [*QUANTITIES, "layers", "memory"]
        hint = did_you_mean(key.text, known) or "one of " + ", ".join(QUANTITIES)
        hint = "one of " + ", ".join(MEMORY) if key.text == "memory" else hint
        return Problem("unknown-quantity", f"nothing is counted as '{key.text}'", key.place, hint)
    if layer and key.text in OF_THE_NETWORK:
        message = f"{key.text} is counted of the whole network, not of a layer"
        return Problem("unknown-quantity", message, key.place, "put it beside `layers`")
    return None


def _claim(layer: str, quantity: Scalar, value: Node, findings: Findings) -> Claim | None:
    name = quantity.text
    written = value.text if isinstance(value, Scalar) else ""
    shape = sizes_of(value) if name in SHAPED else None
    if shape and (name == "output" or not written):
        return Claim(layer, name, "×".join(map(str, shape)), shape, value.place)
    if name == "receptive_field" and (shape or written == "all"):
        return Claim(layer, name, written, shape or written, value.place)
    amount = amount_of(value, name) if name not in SHAPED else None
    if amount:
        return Claim(layer, name, written, amount, value.place)
    message, hint = WRONG_CLAIM.get(name, (f"{name} must be a number", "as in 25557032 or 25.6M"))
    hint = "as in 9.6MB, 16MiB, or bytes" if is_bytes(name) else hint
    findings.add(Problem("bad-claim", message, value.place, hint))
    return None


WRONG_CLAIM = {
    "output": ("output must be a list of sizes", "as in [64, 56, 56]"),
    "receptive_field": ("receptive_field must be a size, one for each axis, or all", "as in 212"),
}


def limit_of(layer: str, quantity: Scalar, value: Node, findings: Findings) -> Limit | None:
    """The limit that a bare number or a mapping of `max`, `min` and `warn` sets."""
    given: dict[str, Bound] = {}
    bare = ((Scalar("max", 0, 0, 0), value),)
    for key, node in value.entries if isinstance(value, Mapping) else bare:
        bound = bound_of(node, quantity.text)
        if key.text not in LIMITS:
            hint = did_you_mean(key.text, list(LIMITS))
            findings.add(Problem("bad-limit", f"'{key.text}' is no limit", key.place, hint))
        elif bound is None:
            findings.add(wrong_bound(quantity.text, node.place))
        else:
            given[key.text] = bound
    if isinstance(value, Mapping) and not value.entries:
        hint = "as in {max: 26M, warn: 25M}"
        findings.add(Problem("bad-limit", f"nothing limits {quantity.text} here", value.place, hint))
    limit = Limit(layer, quantity.text, value.place, **given) if given else None
    if limit and (problem := _contradiction(limit)):
        findings.add(problem)
    return limit


def _contradiction(limit: Limit) -> Problem | None:
    """A limit that nothing can keep, or that warns where it is too late."""
    name = limit.quantity
    if _lies_over(limit.min, limit.max):
        message = f"the min of {name} lies over its max: nothing keeps both"
        return Problem("bad-limit", message, limit.place, "swap them")
    if _lies_over(limit.warn, limit.max):
        message = f"the warn of {name} lies over its max, where it fails already"
        return Problem("bad-limit", message, limit.place, "a warn below the max")
    if limit.max is None and _lies_over(limit.min, limit.warn):
        message = f"the warn of {name} lies under its min, where it fails already"
        return Problem("bad-limit", message, limit.place, "a warn above the min")
    return None


def _lies_over(one: Bound | None, other: Bound | None) -> bool:
    """Whether a bound is larger than another, where both are of one sort."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one > other
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return any(size > most for size, most in zip(one, other, strict=True))
    return False


def bound_of(node: Node, quantity: str) -> Bound | None:
    """A number that is not negative; for what has axes also a size for each."""
    amount = amount_of(node, quantity)
    if amount:
        return amount[0] if amount[0] >= 0 else None
    return sizes_of(node) if quantity in SHAPED else None


def wrong_bound(quantity: str, place: Place | None) -> Problem:
    """The problem of a limit that is no number."""
    what, hint = "a number of at least 0", "as in 26M or {max: 26M, warn: 25M}"
    if is_bytes(quantity):
        hint = "as in 4MB, 16MiB, bytes, or {max: 16MiB, warn: 12MiB}"
    if quantity in SHAPED:
        what, hint = "a number of at least 0 or a list of sizes", WRONG_BOUND[quantity]
    return Problem("bad-limit", f"the limit on {quantity} must be {what}", place, hint)


WRONG_BOUND = {
    "output": "as in 1M elements, or a size for each axis: [64, 56, 56]",
    "receptive_field": "as in 64, for every axis, or one for each: [64, 32]",
}
