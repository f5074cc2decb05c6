"""What a spec claims about its network (`expect`) and the limits that it sets (`budget`)."""

from fractions import Fraction

from msgspec import Struct

from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.values import counted, literal, sizes

COUNTS = (
    "params",
    "weights",
    "biases",
    "trainable",
    "frozen",
    "buffers",
    "macs",
    "flops",
    "neurons",
    "adds",
    "multiplications",
    "comparisons",
    "divisions",
    "exponentials",
)
QUANTITIES = (*COUNTS, "output", "receptive_field")
LIMITS = ("max", "min", "warn")

Amount = tuple[Fraction, Fraction]
"""A number and its tolerance: half of what the last digit written stands for, or 0."""


class Claim(Struct, frozen=True):
    """One number that must hold. `layer` is empty for the whole network.

    `value` is a count with its tolerance, the sizes of a shape, a receptive field along each axis
    (one size serves all), or "all".
    """

    layer: str
    quantity: str
    written: str
    value: Amount | tuple[int, ...] | str
    place: Place


class Limit(Struct, frozen=True):
    """Bounds on one number; above `warn` (or below `min`) there is something to say."""

    layer: str
    quantity: str
    place: Place
    max: Fraction | None = None
    min: Fraction | None = None
    warn: Fraction | None = None


def claims(node: Node | None, layer: str, findings: Findings) -> tuple[Claim, ...]:
    """The claims of an `expect` section; those under its `layers` name theirs."""
    found = []
    for name, quantity, value in _quantities(node, layer, "expect", findings):
        claim = _claim(name, quantity, value, findings)
        if claim:
            found.append(claim)
    return tuple(found)


def limits(node: Node | None, layer: str, findings: Findings) -> tuple[Limit, ...]:
    """The limits of a `budget` section; a bare number is a `max`."""
    found = []
    for name, quantity, value in _quantities(node, layer, "budget", findings):
        limit = _limit(name, quantity, value, findings)
        if limit:
            found.append(limit)
    return tuple(found)


def _quantities(
    node: Node | None, layer: str, section: str, findings: Findings
) -> list[tuple[str, Scalar, Node]]:
    """(layer, quantity, value) for each entry of a section, those of its layers included."""
    if node is None:
        return []
    if not isinstance(node, Mapping):
        findings.add(
            Problem("not-a-mapping", f"{section} must be a mapping", node.place, "as in `{params: 61706}`")
        )
        return []
    found: list[tuple[str, Scalar, Node]] = []
    for key, value in node.entries:
        if key.text == "layers" and not layer and isinstance(value, Mapping):
            for name, inner in value.entries:
                found += _quantities(inner, name.text, f"{section} of {name.text}", findings)
        elif key.text == "layers" and not layer:
            hint = "as in `layers: {conv1: {params: 156}}`"
            findings.add(Problem("not-a-mapping", "layers must be a mapping of names", value.place, hint))
        elif key.text in QUANTITIES:
            found.append((layer, key, value))
        else:
            hint = did_you_mean(key.text, [*QUANTITIES, "layers"]) or "one of " + ", ".join(QUANTITIES)
            findings.add(Problem("unknown-quantity", f"nothing is counted as '{key.text}'", key.place, hint))
    return found


def _claim(layer: str, quantity: Scalar, value: Node, findings: Findings) -> Claim | None:
    written = value.text if isinstance(value, Scalar) else ""
    shape = _sizes(value)
    if quantity.text == "output":
        if shape:
            return Claim(layer, quantity.text, "×".join(map(str, shape)), shape, value.place)
        message, hint = "output must be a list of sizes", "as in [64, 56, 56]"
    elif quantity.text == "receptive_field":
        if written == "all" or shape:
            text = written or "×".join(map(str, shape or ()))
            return Claim(layer, quantity.text, text, shape or written, value.place)
        message, hint = "receptive_field must be a size, one for each axis, or all", "as in 212"
    else:
        amount = _amount(value)
        if amount:
            return Claim(layer, quantity.text, written, amount, value.place)
        message, hint = f"{quantity.text} must be a number", "as in 25557032 or 25.6M"
    findings.add(Problem("bad-claim", message, value.place, hint))
    return None


def _sizes(node: Node) -> tuple[int, ...] | None:
    """Whole numbers from 1 up: a list of them, `64x56x56`, or a single one."""
    if isinstance(node, Scalar):
        number = literal(node.text)
        written = sizes(node.text) or ((number,) if type(number) is int else None)
        return written if written and min(written) > 0 else None
    if not isinstance(node, Sequence):
        return None
    parts = [_sizes(item) for item in node.items]
    if not parts or not all(part and len(part) == 1 for part in parts):
        return None
    return tuple(part[0] for part in parts if part)


def _amount(node: Node) -> Amount | None:
    """A count as written, with what its digits leave open."""
    if not isinstance(node, Scalar):
        return None
    number = literal(node.text)
    if type(number) is int or (isinstance(number, Fraction) and "e" in node.text.lower()):
        return Fraction(number), Fraction(0)
    return counted(node.text)


def _limit(layer: str, quantity: Scalar, value: Node, findings: Findings) -> Limit | None:
    if quantity.text == "output":
        findings.add(Problem("bad-limit", "an output has no budget", quantity.place, "claim it under expect"))
        return None
    given: dict[str, Fraction] = {}
    for key, node in value.entries if isinstance(value, Mapping) else ((Scalar("max", 0, 0, 0), value),):
        amount = _amount(node)
        if key.text not in LIMITS:
            hint = "a limit is max, min or warn"
            findings.add(Problem("bad-limit", f"'{key.text}' is no limit", key.place, hint))
        elif amount is None:
            message = f"the limit on {quantity.text} must be a number"
            findings.add(Problem("bad-limit", message, node.place, "as in 26M or {max: 26M, warn: 25M}"))
        else:
            given[key.text] = amount[0]
    if not given:
        return None
    return Limit(layer, quantity.text, value.place, given.get("max"), given.get("min"), given.get("warn"))
