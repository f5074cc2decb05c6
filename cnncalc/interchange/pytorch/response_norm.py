"""Global response normalization (ConvNeXt V2), which PyTorch has no function for: its calls as one."""

from collections.abc import Mapping, Sequence

from msgspec import structs

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError, operands, plain_name, readers_of
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue, Weight
from cnncalc.layers.normalization import GlobalResponseNorm

JOINED = "global response normalization"
"""The name of joined calls; no function of PyTorch has it."""

NORMS = ("norm", "linalg_vector_norm")

Readers = Mapping[int, Sequence[TracedCall]]


def with_response_norms(recording: Recording) -> Recording:
    """The recording with the calls of each such normalization as one, in the place of the last."""
    readers = readers_of(recording)
    gone: set[int] = set()
    made: dict[int, TracedCall] = {}
    for call in recording.calls:
        found = _followed(call, readers) if call.name in NORMS else None
        if found:
            calls, joined = found
            gone |= {id(each) for each in calls}
            made[id(calls[-1])] = joined
    kept = (made.get(id(each), each) for each in recording.calls if id(each) not in gone or id(each) in made)
    return structs.replace(recording, calls=tuple(kept))


def _followed(norm: TracedCall, readers: Readers) -> tuple[Sequence[TracedCall], TracedCall] | None:
    """The calls of x + weight · (x · n / (mean n + eps)) + bias from n on, and one in their place."""
    x, (n,) = norm.args[0] if norm.args else None, norm.outputs
    if not isinstance(x, TracedValue):
        return None
    mean, quotient = _reader(n, readers, "mean", 2), _reader(n, readers, "div", 2)
    total = _reader(mean.outputs[0], readers, "add") if mean else None
    product = _reader(quotient.outputs[0], readers, "mul") if quotient else None
    if not mean or not total or not quotient or not product:
        return None
    if operands(quotient) != (n, total.outputs[0]) or x not in operands(product):
        return None
    scaled = _reader(product.outputs[0], readers, "addcmul") or _reader(product.outputs[0], readers, "mul")
    added = _reader(scaled.outputs[0], readers, "add") if scaled else None
    if scaled is None or added is None or x not in operands(added):
        return None
    calls = [norm, mean, total, quotient, product, scaled, added]
    if scaled.name == "addcmul":
        bias, weight, _ = scaled.args
    else:
        weight = next((each for each in operands(scaled) if isinstance(each, Weight)), None)
        last = _reader(added.outputs[0], readers, "add")
        bias = next((each for each in operands(last) if isinstance(each, Weight)), None) if last else None
        calls += [last] if last else []
    eps = next((each for each in operands(total) if isinstance(each, int | float)), None)
    if not isinstance(weight, Weight) or not isinstance(bias, Weight) or eps is None:
        return None
    end = calls[-1]
    options = {"weight": weight, "bias": bias, "eps": float(eps), "norm": norm, "mean": mean}
    return calls, TracedCall(JOINED, (x,), options, end.outputs, end.scopes, 0)


def _reader(value: TracedValue, readers: Readers, name: str, count: int = 1) -> TracedCall | None:
    """The call with a name that reads a value, if there are as many readers as expected."""
    found = readers.get(id(value), ())
    named = [each for each in found if plain_name(each.name) == name]
    return named[0] if len(found) == count and len(named) == 1 else None


def response_norm(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input",))
    value = given.value()
    tensor = lowering.tensor(value)
    channels = len(value.dims) - 1 if lowering.by_position(value) else 1
    for name, axes in (("norm", {*range(1, len(value.dims))} - {channels}), ("mean", {channels})):
        reduction = call.options[name]
        assert isinstance(reduction, TracedCall)
        inner = Arguments(
            reduction, ("input", *(("p",) if reduction.name == "norm" else ()), "dim", "keepdim")
        )
        over = inner.get("dim", ())
        numbers = over if isinstance(over, tuple) else (over,)
        found = {axis % len(value.dims) for axis in numbers if isinstance(axis, int)}
        if found != axes or not inner.flag("keepdim") or inner.get("p", 2) != 2 or inner.get("ord", 2) != 2:
            raise UnknownCallError(f"{reduction.name} over axes {sorted(found)}")
    weights = {"weight": given.weight("weight"), "bias": given.weight("bias")}
    layer = GlobalResponseNorm(eps=given.number("eps", 1e-6))
    if channels > 1:
        lowering.on_positions(call, layer, tensor, weights)
    else:
        lowering.layer(call, layer, value, weights=weights, last=False)


RESPONSE_NORM: dict[str, Handler] = {JOINED: response_norm}
