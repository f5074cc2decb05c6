"""PyTorch modules as networks of the graph form."""

from collections.abc import Callable, Mapping, Sequence
from math import prod

from msgspec import structs

from cnncalc.interchange.network import ForeignError, ModelGraph
from cnncalc.interchange.pytorch.attention.joining import joined
from cnncalc.interchange.pytorch.batches import compare_batches
from cnncalc.interchange.pytorch.custom import TABLE, with_custom
from cnncalc.interchange.pytorch.einsum import with_products
from cnncalc.interchange.pytorch.networks import lowered
from cnncalc.interchange.pytorch.parametrized import advising_to_store_weights
from cnncalc.interchange.pytorch.recording import record, refuse_scripts
from cnncalc.interchange.pytorch.response_norm import with_response_norms
from cnncalc.interchange.pytorch.signatures import check_inputs
from cnncalc.interchange.pytorch.traces import Recording
from cnncalc.interchange.pytorch.unused import left_out, never_used
from cnncalc.interchange.pytorch.whole_modules import with_whole_modules
from cnncalc.layers.base import Dims


def network_of(
    module: object,
    inputs: Mapping[str, Dims],
    name: str,
    source: str = "",
    *,
    custom: bool = False,
    apart: bool = False,
) -> ModelGraph:
    """The network of a `torch.nn.Module`, measured in a run on random inputs of these shapes.

    Heads that run in training only are auxiliary outputs; modules that never run are left out, with a note.
    With `custom`, what no kind of layer stands for is a `custom` layer. With `apart`, modules that are one
    layer together are not joined.

    Raises:
        ForeignError: it does not run on them, or has what no kind of layer stands for.
    """
    refuse_scripts(module)
    check_inputs(module, inputs)

    def prepared(recording: Recording) -> Recording:
        recording = with_response_norms(joined(with_products(recording)))
        recording = recording if apart else with_whole_modules(recording)
        return with_custom(recording) if custom else recording

    with advising_to_store_weights(module):
        recording = record(module, inputs)
        network, unused = _lowered(recording, name, source, prepared)
    if recording.may_vary:
        compare_batches(
            network, recording, module, inputs, lambda other: _lowered(other, name, source, prepared)[0]
        )
    return _with_unused(network, unused, module, inputs, recording, prepared) if unused else network


def _lowered(
    recording: Recording, name: str, source: str, prepared: Callable[[Recording], Recording]
) -> tuple[ModelGraph, tuple[str, ...]]:
    """The network of a recording, and the tensors of the module that no layer uses."""
    return lowered(prepared(recording), TABLE, name, source)


def _with_unused(
    network: ModelGraph,
    unused: Sequence[str],
    module: object,
    inputs: Mapping[str, Dims],
    recording: Recording,
    prepared: Callable[[Recording], Recording],
) -> ModelGraph:
    """The network with the heads that use tensors in training only, and a note of those never used.

    Raises:
        ForeignError: something uses the others, but no layer does.
    """
    try:
        runs = recording, record(module, inputs, training=True)
    except ForeignError as error:
        reasons = (f"to know what uses {unused[0]}, in training: {reason}" for reason in error.reasons)
        raise ForeignError(*reasons, hint=error.hint) from error
    heads = network
    if not never_used(unused, runs):
        heads, unused = _in_training(network, unused, runs[1], prepared)
    used = [name for name in unused if not never_used([name], runs)]
    if used:
        listed = ", ".join(used[:5]) + (f" and {len(used) - 5} more" if len(used) > 5 else "")
        raise ForeignError(f"no layer uses {listed}")
    learned = sum(prod(recording.weights[name].stored) for name in unused if recording.weights[name].learned)
    assert heads.parameters is not None
    return structs.replace(heads, parameters=heads.parameters - learned, note=left_out(unused, runs))


def _in_training(
    network: ModelGraph,
    unused: Sequence[str],
    recording: Recording,
    prepared: Callable[[Recording], Recording],
) -> tuple[ModelGraph, Sequence[str]]:
    """The network as it is trained, with the heads that exist only then, and the tensors that no layer uses.

    What was given if there are no heads.
    """
    trained, still_unused = _lowered(recording, network.name, network.source, prepared)
    places = {_place(trained, node): node for node in trained.outputs.values()}
    outputs = {name: places.get(_place(network, node), -1) for name, node in network.outputs.items()}
    heads = {name: node for name, node in trained.outputs.items() if node not in outputs.values()}
    if not heads or -1 in outputs.values():
        return network, unused
    return structs.replace(trained, outputs=outputs, auxiliary=heads), still_unused


def _place(network: ModelGraph, node: int) -> object:
    step = network.step(node)
    return (step.path, step.layer) if step else node
