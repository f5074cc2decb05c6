"""Modules that are one layer here, although PyTorch calls several functions in them.

A module that pads its input for a convolution or pooling of its own has their padding, which may differ
between the sides. A module of a depthwise and a pointwise convolution and nothing else is a separable one. A
sum of several tensors is added two at a time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf

from msgspec import structs

from cnncalc.interchange.network import ModuleCall
from cnncalc.interchange.pytorch.calls import Arguments, operands, plain_name, readers_of
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.operations.convolution import CONV
from cnncalc.interchange.pytorch.operations.pooling import AVG_POOL, POOL
from cnncalc.interchange.pytorch.operations.resizing import MODES
from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue, Weight
from cnncalc.layers import Layer
from cnncalc.layers.convolution import Separable
from cnncalc.layers.merging import Add, Average

SEPARABLE = "separable convolution"
SUM, AVERAGE = "sum of several tensors", "mean of several tensors"
"""Names of joined calls; no function of PyTorch has them."""

PAD = ("input", "pad", "mode", "value")
PADDED = r"(conv|max_pool|avg_pool)\dd"
"""Functions whose padding a call of `pad` can be."""

CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
"""Classes that say nothing about what is inside."""

Readers = Mapping[int, Sequence[TracedCall]]


def with_whole_modules(recording: Recording) -> Recording:
    """The recording with the calls of such modules as one call, in the place of the last."""
    for found in (_padded, _separable, _summed):
        recording = _joined(recording, found(recording, readers_of(recording)))
    return recording


Joined = Iterator[tuple[Sequence[TracedCall], TracedCall]]
"""Calls with the one that takes their place."""


def _joined(recording: Recording, found: Joined) -> Recording:
    gone: set[int] = set()
    made: dict[int, TracedCall] = {}
    for calls, joined in found:
        gone |= {id(each) for each in calls}
        made[id(calls[-1])] = joined
    kept = (made.get(id(each), each) for each in recording.calls if id(each) not in gone or id(each) in made)
    return structs.replace(recording, calls=tuple(kept))


def _padded(recording: Recording, readers: Readers) -> Joined:
    """Convolutions and poolings whose module pads their input."""
    for call in recording.calls:
        if call.name != "pad" or not call.args:
            continue
        after = _only_reader(call, readers)
        if after and after.scopes == call.scopes and re.fullmatch(PADDED, after.name):
            padding = _padding(call, after)
            if padding:
                options = {**after.options, **padding}
                args = (call.args[0], *after.args[1:])
                yield (call, after), structs.replace(after, args=args, options=options)


def _only_reader(call: TracedCall, readers: Readers) -> TracedCall | None:
    """The call that reads the result of one, and nothing else does."""
    found = readers.get(id(call.outputs[0]), ())
    is_only = len(found) == 1 and bool(found[0].args) and found[0].args[0] is call.outputs[0]
    return found[0] if is_only else None


def _padding(pad: TracedCall, after: TracedCall) -> dict[str, object]:
    """The padding of a call as its options, if it is what `pad` does before it; else nothing."""
    given, is_conv = Arguments(pad, PAD), after.name.startswith("conv")
    amounts, value = given.get("pad"), given.get("value", 0)
    mode = MODES.get(str(given.get("mode", "constant")))
    own = Arguments(after, CONV if is_conv else POOL if after.name.startswith("max") else AVG_POOL)
    rank = len(after.outputs[0].dims) - 2
    if not isinstance(amounts, tuple) or min(amounts, default=-1) < 0 or len(amounts) > 2 * rank:
        return {}
    if own.get("padding", 0) not in (0, "valid", (0,) * rank) or own.flag("ceil_mode"):
        return {}
    if value != (-inf if after.name.startswith("max") else 0) or not (is_conv or mode == "zeros"):
        return {}
    pairs = [(amounts[at], amounts[at + 1]) for at in range(0, len(amounts), 2)]
    sides = [a if a == b else (a, b) for a, b in reversed(pairs + [(0, 0)] * (rank - len(pairs)))]
    return {"padding": tuple(sides)} | ({"padding_mode": mode} if is_conv else {})


def _separable(recording: Recording, readers: Readers) -> Joined:
    """Modules of a depthwise and a pointwise convolution, and of a call that pads before them."""
    inside: dict[int, list[TracedCall]] = {}
    types: dict[int, ModuleCall] = {}
    for call in recording.calls:
        for scope in call.scopes:
            inside.setdefault(scope.call, []).append(call)
            types[scope.call] = scope
    for number, calls in inside.items():
        if not 2 <= len(calls) <= 3 or not calls[0].args or types[number].type in CONTAINERS:
            continue
        *before, depthwise, pointwise = calls
        if any(_only_reader(one, readers) is not other for one, other in pairwise(calls)):
            continue
        padding = _padding(before[0], depthwise) if before and before[0].name == "pad" else {}
        if not _are_separable(depthwise, pointwise) or bool(before) != bool(padding):
            continue
        options = {"depthwise": depthwise, "pointwise": pointwise, "padding": padding}
        depth = next(at for at, scope in enumerate(pointwise.scopes) if scope.call == number) + 1
        scopes, macs = pointwise.scopes[:depth], depthwise.macs + pointwise.macs
        yield calls, TracedCall(SEPARABLE, calls[0].args[:1], options, pointwise.outputs, scopes, macs)


def _are_separable(depthwise: TracedCall, pointwise: TracedCall) -> bool:
    """Whether two calls are a convolution of each channel without a bias, and one with a kernel of 1."""
    if not all(re.fullmatch(r"conv\dd", each.name) for each in (depthwise, pointwise)):
        return False
    first, second = Arguments(depthwise, CONV), Arguments(pointwise, CONV)
    value, weights = first.get("input"), (first.get("weight"), second.get("weight"))
    if not isinstance(value, TracedValue) or first.get("bias") is not None:
        return False
    if not all(isinstance(each, Weight) and each.as_stored and each.learned for each in weights):
        return False
    rank = len(value.dims) - 2
    usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
    if any(second.get(name, one) not in (one, (one,) * rank) for name, one in usual.items()):
        return False
    kernel = getattr(weights[1], "dims", ())[2:]
    return first.get("groups", 1) == value.dims[1] > 1 and {*kernel} == {1}


def separable(lowering: Lowering, call: TracedCall) -> None:
    depthwise, pointwise, padding = (call.options[name] for name in ("depthwise", "pointwise", "padding"))
    assert isinstance(depthwise, TracedCall)
    assert isinstance(pointwise, TracedCall)
    assert isinstance(padding, Mapping)
    first, second = Arguments(depthwise, CONV), Arguments(pointwise, CONV)
    first.given |= padding
    value, bias = Arguments(call, ("input",)).value(), second.weight("bias")
    kernels, filters = first.weight("weight"), second.weight("weight")
    assert kernels is not None
    assert filters is not None
    layer = Separable(
        filters=filters.dims[0],
        kernel=kernels.dims[2] if len({*kernels.dims[2:]}) == 1 else kernels.dims[2:],
        multiplier=kernels.dims[0] // value.dims[1],
        stride=first.numbers("stride", 1),
        padding=first.padding(),
        dilation=first.numbers("dilation", 1),
        bias=bias is not None,
        padding_mode=first.get("padding_mode", "zeros"),  # type: ignore[arg-type]
    )
    lowering.maps(value, call)
    lowering.layer(call, layer, value, weights={"depthwise": kernels, "pointwise": filters, "bias": bias})


def _summed(recording: Recording, readers: Readers) -> Joined:
    """Sums and means of tensors of one shape in calls that follow each other: `a + b + c`, `(a + b) / 2`."""
    run: list[TracedCall] = []
    for call in (*recording.calls, None):
        is_sum = call is not None and _is_sum(call)
        if (
            run
            and is_sum
            and call
            and call.scopes == run[-1].scopes
            and _only_reader(run[-1], readers) is call
        ):
            run.append(call)
            continue
        terms = (operands(run[0])[0], *(operands(each)[1] for each in run)) if run else ()
        if run and call and _only_reader(run[-1], readers) is call and _is_division(call, len(terms)):
            yield (*run, call), TracedCall(AVERAGE, terms, {}, call.outputs, call.scopes, 0)
        elif len(run) > 1:
            yield run, TracedCall(SUM, terms, {}, run[-1].outputs, run[-1].scopes, 0)
        run = [call] if call and is_sum else []


def _is_sum(call: TracedCall) -> bool:
    """Whether a call adds two tensors of one shape, possibly in place."""
    terms = [*call.args, *call.options.values()]
    dims = [each.dims for each in terms if isinstance(each, TracedValue)]
    is_add = call.name in ("add", "add_") or plain_name(call.name) == "add"
    return is_add and len(terms) == len(dims) == 2 and dims[0] == dims[1]


def _is_division(call: TracedCall, number: int) -> bool:
    """Whether a call divides by a number."""
    is_plain = (
        plain_name(call.name.rstrip("_")) in ("div", "divide", "true_divide") or call.name == "__truediv__"
    )
    return is_plain and not call.options and call.args[1:] == (number,)


def merged(layer: Layer) -> Handler:
    """The merge of all tensors that a call reads."""

    def handler(lowering: Lowering, call: TracedCall) -> None:
        reads = lowering.read_all([each for each in call.args if isinstance(each, TracedValue)], call)
        lowering.joined(call, layer, reads)

    return handler


WHOLE_MODULES: dict[str, Handler] = {SEPARABLE: separable, SUM: merged(Add()), AVERAGE: merged(Average())}
