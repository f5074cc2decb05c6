"""Calls that no kind of layer stands for, joined to `custom` layers with the numbers of the run.

The smallest module around such a call becomes one layer, if one tensor enters it and one leaves it; else the
call alone; else a larger module. The whole network is never one layer.
"""

from collections.abc import Iterator, Sequence
from math import prod

from msgspec import Struct, structs

from cnncalc.interchange.network import ForeignError, ModuleCall
from cnncalc.interchange.pytorch.calls import UnknownCallError, place_of
from cnncalc.interchange.pytorch.lowering import Lowering, Read
from cnncalc.interchange.pytorch.operations import OPERATIONS
from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.whole_modules import WHOLE_MODULES
from cnncalc.layers.declaring import Custom
from cnncalc.shapes import AXES, shape_of

CUSTOM = "a custom layer"
"""The name of joined calls; no function of PyTorch has it."""


def custom(lowering: Lowering, call: TracedCall) -> None:
    """A layer whose numbers are those of the run."""
    given = call.options["layer"]
    assert isinstance(given, _Joined)
    (value,), (output,) = _read(call), call.outputs
    try:
        read = lowering.read(value, call)
    except UnknownCallError:  # the layer rearranges the axes, too
        tensor = lowering.tensor(value)
        read = Read(tensor.node, shape_of(tensor.dims[1:]), last=False)
    last = read.last and len(output.dims) == len(value.dims)
    dims = (output.dims[0], output.dims[-1], *output.dims[1:-1]) if last else output.dims
    sizes = {
        learned: sum(prod(weight.stored) for weight in given.weights if weight.learned == learned)
        for learned in (True, False)
    }
    layer = Custom(
        params=sizes[True],
        macs=call.macs,
        shape=None if dims[1:] == read.shape.dims() else dims[1:],
        buffer=sizes[False],
    )
    weights = {weight.names[0]: weight for weight in given.weights}
    node = lowering.add(layer, [read], call.scopes, dims, call.macs, weights, given.note)
    lowering.steps[-1] = structs.replace(lowering.steps[-1], note=given.note)
    lowering.result(output, node, dims, last)


TABLE = {**OPERATIONS, **WHOLE_MODULES, CUSTOM: custom}
"""What each call is, with joined ones."""


class _Joined(Struct, frozen=True):
    """What a custom layer is, and the tensors of the module that it uses."""

    note: str
    weights: tuple[Weight, ...]


def with_custom(recording: Recording) -> Recording:
    """The recording with every call that no kind stands for joined to one that `TABLE` has.

    Raises:
        ForeignError: some of them are no layer that reads one tensor and makes one.
    """
    while True:
        lowering = Lowering(recording, TABLE)
        for call in recording.calls:
            lowering.lower(call)
        for value in recording.outputs.values():
            lowering.output(value)
        if not lowering.failed:
            return recording
        calls = _Calls(recording)
        recording = structs.replace(recording, calls=calls.with_regions(lowering.failed))


class _Candidate(Struct, frozen=True):
    """The calls from `start` up to `stop`, with the modules around them, and the class if they are one."""

    start: int
    stop: int
    scopes: tuple[ModuleCall, ...]
    type: str


class _Calls:
    """The calls of a recording, and which of them belong together."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.calls = recording.calls
        self.at = {id(call): at for at, call in enumerate(self.calls)}
        self.last_read: dict[int, int] = {}
        for at, call in enumerate(self.calls):
            self.last_read |= dict.fromkeys(map(id, _read(call)), at)
        self.last_read |= dict.fromkeys(map(id, recording.outputs.values()), len(self.calls))

    def with_regions(self, failed: Sequence[tuple[TracedCall, str]]) -> tuple[TracedCall, ...]:
        """The calls with those that failed in custom layers; raises ForeignError."""
        regions: dict[tuple[int, int], TracedCall] = {}
        reasons: list[str] = []
        for call, why in failed:
            found = self._region(call)
            if isinstance(found, str):
                place = place_of(call.scopes)
                reasons.append(f"no kind of layer for {why}, in {place}, nor a custom layer: {found}")
            else:
                regions.setdefault(found[0], found[1])
        if reasons:
            raise ForeignError(*reasons)
        calls: list[TracedCall] = []
        at = 0
        for (start, stop), call in sorted(regions.items(), key=lambda pair: (pair[0][0], -pair[0][1])):
            if start >= at:  # else it is inside a region before it
                calls += [*self.calls[at:start], call]
                at = stop
        return (*calls, *self.calls[at:])

    def _region(self, failed: TracedCall) -> tuple[tuple[int, int], TracedCall] | str:
        """Which calls become one for a call that failed, or why none do."""
        reason = ""
        for candidate in self._candidates(failed):
            found = self._joined(candidate, failed)
            if isinstance(found, TracedCall):
                return (candidate.start, candidate.stop), found
            reason = reason or found
        return reason or "it shares weights with other layers"

    def _candidates(self, failed: TracedCall) -> Iterator[_Candidate]:
        """What may be joined, the best first."""
        at, scopes = self.at[id(failed)], failed.scopes
        modules = []
        for depth in range(len(scopes), 1, -1):
            own = scopes[depth - 1]
            inside = [each for each, call in enumerate(self.calls) if own in call.scopes]
            modules.append(_Candidate(inside[0], inside[-1] + 1, scopes[:depth], own.type))
        if failed.name == CUSTOM:  # it is one of them already
            yield from (each for each in modules if each.stop - each.start > 1)
        else:
            yield from (*modules[:1], _Candidate(at, at + 1, scopes, ""), *modules[1:])

    def _joined(self, candidate: _Candidate, failed: TracedCall) -> TracedCall | str:
        calls = self.calls[candidate.start : candidate.stop]
        made = {id(value): value for call in calls for value in call.outputs}
        reads = {id(value): value for call in calls for value in _read(call) if id(value) not in made}
        left = [value for key, value in made.items() if self.last_read.get(key, -1) >= candidate.stop]
        if len(reads) != 1 or len(left) != 1:
            return f"{_tensors(len(reads))} in, {_tensors(len(left))} out"
        (value,), (output,) = reads.values(), left
        if candidate.type and self._is_whole(value, output):
            return "it is the whole network"
        is_batch = {output.dims[:1], value.dims[:1]} == {(self.recording.batch,)}
        if not is_batch or not all(call.samples for call in calls):
            return "it computes across samples"
        if not 1 < len(output.dims) <= len(AXES) + 1:
            return f"its output has {len(output.dims) - 1} axes"
        names = dict.fromkeys(name for call in calls for each in _weights(call) for name in each.names)
        weights = tuple(self.recording.weights[name] for name in names)
        unknown = _joined_note(failed) or failed.name.strip("_")
        note = f"{candidate.type} ({unknown})" if candidate.type else unknown
        layer = _Joined(note, weights)
        macs = sum(call.macs for call in calls)
        return TracedCall(CUSTOM, (value,), {"layer": layer}, (output,), candidate.scopes, macs)

    def _is_whole(self, value: TracedValue, output: TracedValue) -> bool:
        """Whether a region leads from an input of the network to an output."""
        inputs, outputs = self.recording.inputs.values(), self.recording.outputs.values()
        return any(value is each for each in inputs) and any(output is each for each in outputs)


def _joined_note(call: TracedCall) -> str:
    layer = call.options.get("layer")
    return layer.note if isinstance(layer, _Joined) else ""


def _tensors(count: int) -> str:
    return f"{count} tensor{'' if count == 1 else 's'}"


def _read(call: TracedCall) -> list[TracedValue]:
    return [each for each in _flat((call.args, *call.options.values())) if isinstance(each, TracedValue)]


def _weights(call: TracedCall) -> list[Weight]:
    layer = call.options.get("layer")
    given = (call.args, *call.options.values(), layer.weights if isinstance(layer, _Joined) else ())
    return [each for each in _flat(given) if isinstance(each, Weight)]


def _flat(given: object) -> Iterator[object]:
    if isinstance(given, tuple | list):
        for each in given:
            yield from _flat(each)
    else:
        yield given
