"""The expected values (`expect`) and budgets (`budget`) of a spec."""

from fractions import Fraction

from msgspec import Struct, structs

from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.quantities import current, is_bytes, used
from cnncalc.spec.amounts import Amount, amount_of, sizes_of
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.values import NameValues, UnresolvedError, evaluate_node

QUANTITIES = tuple(quantity.name for quantity in used("spec"))
MEMORY = tuple(name for name in QUANTITIES if name.startswith("memory."))
OF_THE_NETWORK = tuple(quantity.name for quantity in used("spec") if quantity.of_network)
"""Quantities of the whole network only."""
SHAPED = tuple(quantity.name for quantity in used("spec") if quantity.unit in ("shape", "axes"))
"""Quantities with a size for each axis."""
LIMITS = ("max", "min", "warn")

Bound = Fraction | tuple[int, ...]
"""One number, or a size for each axis."""


class Claim(Struct, frozen=True):
    """One expected value. `layer` is a name or a pattern, or empty for the whole network.

    `value` is a count with its tolerance, the sizes of a shape, the receptive field for each axis
    (or one size for all axes), or "all".
    """

    layer: str
    quantity: str
    written: str
    value: Amount | tuple[int, ...] | str
    place: Place


class Limit(Struct, frozen=True):
    """The bounds of one budget; a value beyond `warn` is a warning, beyond `max` or `min` an error.

    `warn` is an upper bound, unless there is a `min` and no `max`.
    """

    layer: str
    quantity: str
    place: Place
    max: Bound | None = None
    min: Bound | None = None
    warn: Bound | None = None


Entry = tuple[str, Scalar, Node]
"""The layer, the quantity, and its value."""


def claims(
    node: Node | None, layer: str, findings: Findings, names: NameValues | None = None
) -> tuple[Claim, ...]:
    """The expected values in an `expect` section, including those under `layers`.

    With `names`, the sizes of a shape may be expressions.
    """
    found = (_claim(*entry, findings, names) for entry in _quantities(node, layer, "expect", findings))
    return tuple(claim for claim in found if claim)


def limits(node: Node | None, layer: str, findings: Findings) -> tuple[Limit, ...]:
    """The budgets in a `budget` section; a plain number is a `max`."""
    found = (limit_of(*entry, findings) for entry in _quantities(node, layer, "budget", findings))
    return tuple(limit for limit in found if limit)


def _quantities(node: Node | None, layer: str, section: str, findings: Findings) -> list[Entry]:
    """An entry for each key of a section, including those under `layers` and `memory`."""
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return []
    if not isinstance(node, Mapping):
        hint = "such as `{params: 61706}`"
        findings.add(Problem("not-a-mapping", f"{section} must be a mapping", node.place, hint))
        return []
    found: list[Entry] = []
    for written, value in node.entries:
        key = named_today(written)
        if key.text == "layers" and not layer:
            found += _of_layers(value, section, findings)
        elif key.text == "outputs" and not layer:
            found += _of_outputs(value, findings)
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
    hint = "such as `layers: {conv1: {params: 156}}`"
    findings.add(Problem("not-a-mapping", "layers must be a mapping from layer names", node.place, hint))
    return []


def _of_outputs(node: Node, findings: Findings) -> list[Entry]:
    """`outputs: {boxes: [4, 19, 19]}`, the shapes of outputs by name."""
    if isinstance(node, Mapping):
        return [
            (name.text, Scalar("output", name.line, name.column, name.width), v) for name, v in node.entries
        ]
    hint = "such as `outputs: {boxes: [4, 19, 19]}`"
    findings.add(Problem("not-a-mapping", "outputs must be a mapping from names to shapes", node.place, hint))
    return []


def _of_memory(node: Node, layer: str, findings: Findings) -> list[Entry]:
    """`memory: {peak: 16MiB}`, the same as `memory.peak: 16MiB`."""
    if not isinstance(node, Mapping):
        hint = "such as `memory: {peak: 16MiB}`; known: " + ", ".join(MEMORY)
        findings.add(Problem("not-a-mapping", "memory must be a mapping", node.place, hint))
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
    """A key with the current name of its quantity, if it is an old name."""
    return structs.replace(key, text=current(key.text))


def wrong_quantity(key: Scalar, layer: str) -> Problem | None:
    """The problem with the name of a quantity, or None."""
    if key.text not in QUANTITIES:
        known = [*QUANTITIES, "layers", "outputs", "memory"]
        hint = did_you_mean(key.text, known) or "one of " + ", ".join(QUANTITIES)
        hint = "one of " + ", ".join(MEMORY) if key.text == "memory" else hint
        return Problem("unknown-quantity", f"unknown quantity '{key.text}'", key.place, hint)
    if layer and key.text in OF_THE_NETWORK:
        message = f"{key.text} is a quantity of the whole network, not of a layer"
        return Problem("unknown-quantity", message, key.place, "put it next to `layers`, not inside")
    return None


def _claim(
    layer: str, quantity: Scalar, value: Node, findings: Findings, names: NameValues | None
) -> Claim | None:
    name = quantity.text
    written = value.text if isinstance(value, Scalar) else ""
    try:
        shape = _shape_of(value, names) if name in SHAPED else None
    except UnresolvedError as unresolved:
        if unresolved.problem:
            findings.add(unresolved.problem)
        return None
    if shape and (name == "output" or not written):
        return Claim(layer, name, "×".join(map(str, shape)), shape, value.place)
    if name == "receptive_field" and (shape or written == "all"):
        return Claim(layer, name, written, shape or written, value.place)
    amount = amount_of(value, name) if name not in SHAPED else None
    if amount:
        return Claim(layer, name, written, amount, value.place)
    message, hint = WRONG_CLAIM.get(name, (f"{name} must be a number", "such as 25557032 or 25.6M"))
    hint = "such as 9.6MB, 16MiB, or a number of bytes" if is_bytes(name) else hint
    findings.add(Problem("bad-claim", message, value.place, hint))
    return None


def _shape_of(node: Node, names: NameValues | None) -> tuple[int, ...] | None:
    """The sizes in a list, which may be expressions; raises UnresolvedError if one has no value."""
    sizes = sizes_of(node)
    if sizes or not names or not isinstance(node, Sequence) or not node.items:
        return sizes
    if not all(isinstance(item, Scalar) and not item.is_null for item in node.items):
        return None
    values = [evaluate_node(item, names) for item in node.items]
    whole = tuple(value for value in values if type(value) is int and value > 0)
    return whole if len(whole) == len(values) else None


WRONG_CLAIM = {
    "output": ("output must be a list of sizes", "such as [64, 56, 56]"),
    "receptive_field": (
        "receptive_field must be a size, a list with a size for each axis, or all",
        "such as 212",
    ),
}


def limit_of(layer: str, quantity: Scalar, value: Node, findings: Findings) -> Limit | None:
    """The budget that a plain number or a mapping with `max`, `min` and `warn` sets."""
    given: dict[str, Bound] = {}
    bare = ((Scalar("max", 0, 0, 0), value),)
    for key, node in value.entries if isinstance(value, Mapping) else bare:
        bound = bound_of(node, quantity.text)
        if key.text not in LIMITS:
            hint = did_you_mean(key.text, list(LIMITS))
            findings.add(Problem("bad-limit", f"unknown key '{key.text}' in a budget", key.place, hint))
        elif bound is None:
            findings.add(wrong_bound(quantity.text, node.place))
        else:
            given[key.text] = bound
    if isinstance(value, Mapping) and not value.entries:
        hint = "such as {max: 26M, warn: 25M}"
        findings.add(Problem("bad-limit", f"the budget for {quantity.text} is empty", value.place, hint))
    limit = Limit(layer, quantity.text, value.place, **given) if given else None
    if limit and (problem := _contradiction(limit)):
        findings.add(problem)
    return limit


def _contradiction(limit: Limit) -> Problem | None:
    """The problem of a budget that nothing can meet, or whose warning can never appear."""
    name = limit.quantity
    if _exceeds(limit.min, limit.max):
        message = f"the min of {name} is greater than its max"
        return Problem("bad-limit", message, limit.place, "swap them")
    if _exceeds(limit.warn, limit.max):
        message = f"the warn of {name} is greater than its max, so it has no effect"
        return Problem("bad-limit", message, limit.place, "use a warn below the max")
    if limit.max is None and _exceeds(limit.min, limit.warn):
        message = f"the warn of {name} is less than its min, so it has no effect"
        return Problem("bad-limit", message, limit.place, "use a warn above the min")
    return None


def _exceeds(one: Bound | None, other: Bound | None) -> bool:
    """Whether a bound is greater than another of the same type."""
    if isinstance(one, Fraction) and isinstance(other, Fraction):
        return one > other
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return any(size > most for size, most in zip(one, other, strict=True))
    return False


def bound_of(node: Node, quantity: str) -> Bound | None:
    """A non-negative number; for a quantity with axes also a list of sizes."""
    amount = amount_of(node, quantity)
    if amount:
        return amount[0] if amount[0] >= 0 else None
    return sizes_of(node) if quantity in SHAPED else None


def wrong_bound(quantity: str, place: Place | None) -> Problem:
    """The problem of a budget that is not a number."""
    what, hint = "a number of at least 0", "such as 26M or {max: 26M, warn: 25M}"
    if is_bytes(quantity):
        hint = "such as 4MB, 16MiB, a number of bytes, or {max: 16MiB, warn: 12MiB}"
    if quantity in SHAPED:
        what, hint = "a number of at least 0 or a list of sizes", WRONG_BOUND[quantity]
    return Problem("bad-limit", f"the budget for {quantity} must be {what}", place, hint)


WRONG_BOUND = {
    "output": "such as 1M (elements), or [64, 56, 56]",
    "receptive_field": "such as 64 for all axes, or [64, 32]",
}
