"""Finds softmax(q·k)·v among the calls of a run and makes each a single call.

It is then like those of `scaled_dot_product_attention`.
"""

from collections.abc import Mapping, Sequence

from msgspec import Struct, structs

from cnncalc.interchange.pytorch.calls import Arguments, operands, plain_name, readers_of
from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue

PRODUCTS = ("matmul", "bmm")


JOINED = "softmax of a product"
"""The name of joined calls; no function of PyTorch has it."""


UNCHANGED = ("dropout", "contiguous", "to", "float", "type", "type_as")
"""Calls that leave scores as they are."""


VIEWS = ("view", "reshape", "unsqueeze", "squeeze", "flatten")


class _Scores(Struct, frozen=True):
    """The product of queries and keys on its way to the values."""

    calls: tuple[TracedCall, ...]
    factor: float = 1.0
    added: tuple[object, ...] = ()
    is_softmax: bool = False


def joined(recording: Recording) -> Recording:
    """The recording with each softmax(q·k)·v as one call, in the place of its last one."""
    readers = readers_of(recording)
    makers = {id(value): call for call in recording.calls for value in call.outputs}
    gone: set[int] = set()
    made: dict[int, TracedCall] = {}
    for call in recording.calls:
        found = (
            _followed(call, readers) if plain_name(call.name) in PRODUCTS and id(call) not in gone else None
        )
        if found is None:
            continue
        query: object
        query, key = operands(call)
        maker = makers.get(id(query))
        calls = found.calls
        if maker and plain_name(maker.name) == "mul" and len(readers[id(query)]) == 1:
            one, other = operands(maker)
            if isinstance(one, TracedValue) and isinstance(other, int | float):
                query, calls = one, (maker, *calls)
                found = structs.replace(found, factor=found.factor * other)
        last = calls[-1]
        values = operands(last)[1]
        options = {"factor": found.factor, "added": found.added, "calls": calls}
        gone |= {id(each) for each in calls}
        made[id(last)] = TracedCall(
            JOINED, (query, key, values), options, last.outputs, last.scopes, sum(c.macs for c in calls)
        )
    calls = tuple(
        made.get(id(each), each) for each in recording.calls if id(each) not in gone or id(each) in made
    )
    return structs.replace(recording, calls=calls)


def _followed(call: TracedCall, readers: Mapping[int, Sequence[TracedCall]]) -> _Scores | None:
    """The calls from a product of queries and keys to that with the values."""
    if not all(isinstance(each, TracedValue) for each in operands(call)):
        return None
    found = _Scores((call,))
    while True:
        (value,) = found.calls[-1].outputs
        following = readers.get(id(value), [])
        if len(following) != 1 or len(following[0].outputs) != 1:
            return None
        call = following[0]
        name = plain_name(call.name)
        found = structs.replace(found, calls=(*found.calls, call))
        if name in PRODUCTS:
            first, other = operands(call)
            return found if found.is_softmax and first is value and isinstance(other, TracedValue) else None
        step = _step(found, name, call, value)
        if step is None:
            return None
        found = step


def _step(found: _Scores, name: str, call: TracedCall, value: TracedValue) -> _Scores | None:
    """What a call does to scores; None if attention does not have it."""
    if name in UNCHANGED or name in VIEWS:
        return found
    if name == "softmax":
        axis = Arguments(call, ("input", "dim", "_stacklevel", "dtype")).whole("dim")
        is_last = axis in (-1, len(value.dims) - 1)
        return structs.replace(found, is_softmax=True) if is_last and not found.is_softmax else None
    if found.is_softmax or name not in ("mul", "truediv", "div", "add"):
        return None
    one, other = operands(call)
    if one is not value:
        return None
    if name == "add":
        return structs.replace(found, added=(*found.added, other))
    if not isinstance(other, int | float) or found.added:
        return None
    return structs.replace(found, factor=found.factor * (other if name == "mul" else 1 / other))
