"""Weight standardization: a parameter that `batch_norm` normalizes per filter, for a convolution."""

from math import prod

from msgspec import Struct, structs

from cnncalc.interchange.pytorch.calls import Arguments, operands, plain_name
from cnncalc.interchange.pytorch.recording import KEEPS
from cnncalc.interchange.pytorch.traces import TracedCall, Weight

NAMES = ("input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")


class Standardized(Struct, frozen=True):
    """A standardized weight.

    Attributes:
        weight: the parameter.
        eps: what is added to its variance.
        gain: a parameter with a factor for each filter; None if there is none.
        factor: what the gain is multiplied by.
    """

    weight: Weight
    eps: float
    gain: Weight | None = None
    factor: float = 1.0


def standardized(given: object) -> Standardized | None:
    """What `F.batch_norm(weight.reshape(1, filters, -1), None, None, gain, training=True)` makes."""
    if not isinstance(given, Weight) or given.as_stored:
        return None
    made = _unchanged(given)
    if made is None or made.call is None or made.call.name != "batch_norm":
        return None
    norm = Arguments(made.call, NAMES)
    others = [norm.get(name) for name in ("running_mean", "running_var", "bias")]
    weight, gain = norm.get("input"), norm.get("weight")
    filters = given.dims[0]
    if (
        any(each is not None for each in others)
        or not norm.flag("training")
        or not isinstance(weight, Weight)
        or not (weight.as_stored and weight.learned)
        or weight.stored != given.dims
        or weight.dims != (1, filters, prod(weight.stored[1:]))
    ):
        return None
    found = Standardized(structs.replace(weight, dims=weight.stored), norm.number("eps", 1e-5))
    return found if gain is None else _with_gain(found, gain, filters)


def _with_gain(found: Standardized, gain: object, filters: int) -> Standardized | None:
    """With a gain for each filter, which may be a parameter times a number."""
    made = _unchanged(gain) if isinstance(gain, Weight) else None
    factor = 1.0
    if made and made.call and plain_name(made.call.name) == "mul":
        one, other = operands(made.call)
        if isinstance(one, Weight) and isinstance(other, int | float):
            made, factor = one, float(other)
    if made is None or not (made.as_stored and made.learned) or prod(made.stored) != filters:
        return None
    return Standardized(found.weight, found.eps, made, factor)


def _unchanged(weight: Weight) -> Weight | None:
    """The weight before calls that keep its values and their order."""
    while not weight.as_stored and weight.call is not None and plain_name(weight.call.name) in KEEPS:
        before = _first(weight.call)
        if before is None or prod(before.dims) != prod(weight.dims):
            return None
        weight = before
    return weight


def _first(call: TracedCall) -> Weight | None:
    given = call.args[0] if call.args else call.options.get("input")
    return given if isinstance(given, Weight) else None
