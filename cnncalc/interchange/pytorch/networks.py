"""The network of a recording: all of its calls lowered, without the layers that nothing reads."""

from collections.abc import Container, Mapping
from math import prod

from msgspec import structs

from cnncalc.interchange.network import ForeignError, ModelGraph
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.traces import Recording


def lowered(
    recording: Recording, table: Mapping[str, Handler], name: str, source: str
) -> tuple[ModelGraph, tuple[str, ...]]:
    """The network of a recording, and the tensors of the module that no layer uses.

    Raises:
        ForeignError: it has calls that no kind stands for.
    """
    lowering = Lowering(recording, table)
    for call in recording.calls:
        lowering.lower(call)
    outputs = {key: lowering.output(value) for key, value in recording.outputs.items()}
    if lowering.unknown:
        raise ForeignError(
            *(
                f"no kind of layer for {what}: {times} use{'s' if times > 1 else ''}, first in "
                f"{lowering.places[what]}"
                for what, times in lowering.unknown.items()
            ),
            hint=WITH_CUSTOM,
        )
    unused = tuple(
        each for each in recording.weights if each not in lowering.owners and not _counts_steps(each)
    )
    learned = sum(prod(weight.stored) for weight in recording.weights.values() if weight.learned)
    network = ModelGraph(name, source, recording.shapes, tuple(lowering.steps), outputs, parameters=learned)
    return without(network, lowering.spare, lowering.replaced), unused


def without(network: ModelGraph, spare: Container[int], replaced: Container[int]) -> ModelGraph:
    """A network without those of its spare nodes that nothing reads.

    Raises:
        ForeignError: something reads a projection that became part of an attention layer.
    """
    entries = len(network.inputs)
    read = {*network.outputs.values()}
    for at in reversed(range(len(network.steps))):
        if entries + at in read or entries + at not in spare:
            read |= {*network.steps[at].inputs}
    kept = [at for at in range(len(network.steps)) if entries + at in read or entries + at not in spare]
    moved = {entries + at: entries + number for number, at in enumerate(kept)}
    moved |= {node: node for node in range(entries)}
    steps = []
    for at in kept:
        step = network.steps[at]
        if entries + at in replaced:
            raise ForeignError(
                f"no kind of layer for attention whose projections have other readers: {step.path}"
            )
        shares = None if step.shares is None else moved[step.shares]
        inputs = tuple(moved[node] for node in step.inputs)
        steps.append(structs.replace(step, inputs=inputs, shares=shares))
    outputs = {key: moved[node] for key, node in network.outputs.items()}
    return structs.replace(network, steps=tuple(steps), outputs=outputs)


WITH_CUSTOM = "`cnncalc import --custom` writes it as a `custom` layer with measured numbers"


def _counts_steps(name: str) -> bool:
    """Whether a buffer only counts the steps of training."""
    return name.rpartition(".")[2] == "num_batches_tracked"
