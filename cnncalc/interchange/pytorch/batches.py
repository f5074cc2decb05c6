"""Runs a module on other numbers of samples, which must be the same network."""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from math import prod

from cnncalc.interchange.changes import change
from cnncalc.interchange.network import ForeignError, ModelGraph
from cnncalc.interchange.pytorch.calls import place_of, plain_name
from cnncalc.interchange.pytorch.recording import record
from cnncalc.interchange.pytorch.traces import BATCH, Recording, TracedCall
from cnncalc.layers.base import Dims

OTHER_BATCH = 3
"""Samples in another run, which shows what depends on their number."""

ANY_BATCH = "a spec describes a network for any number of samples, so the model must not depend on it"


def compare_batches(
    network: ModelGraph,
    recording: Recording,
    module: object,
    inputs: Mapping[str, Dims],
    network_of: Callable[[Recording], ModelGraph],
) -> None:
    """Raises ForeignError if runs on other numbers of samples are not the same network."""
    batches = f"with {OTHER_BATCH} samples instead of {BATCH}"
    try:
        other = network_of(record(module, inputs, batch=OTHER_BATCH))
    except ForeignError as error:
        reasons = (f"{batches}: {each}" for each in error.reasons)
        raise ForeignError(*reasons, hint=ANY_BATCH) from error
    if changed := change(network, other):
        raise ForeignError(f"{batches}, the model is another network: {changed}", hint=ANY_BATCH)
    _compare_single(recording, module, inputs)


def _compare_single(recording: Recording, module: object, inputs: Mapping[str, Dims]) -> None:
    """Raises ForeignError if the module computes something else from one sample than from several.

    Only calls and sizes are compared, not layers: a batch of 1 cannot be told from other axes of size 1.
    """
    try:
        single = record(module, inputs, batch=1)
    except ForeignError:  # such as after `squeeze()`, which also takes away the batch
        return
    several, one = (
        [call for call in each.calls if plain_name(call.name) not in VIEWS] for each in (recording, single)
    )
    for before, after in zip_longest(several, one):
        if before is None or after is None or not _same(before, after):
            found, expected = (plain_name(each.name) if each else "nothing" for each in (after, before))
            what = f"{found} instead of {expected}" if found != expected else f"another {found}"
            place = place_of((after or before).scopes)
            raise ForeignError(
                f"with 1 sample instead of {BATCH}, the model computes {what}, first in {place}",
                hint=ANY_BATCH,
            )


def _same(several: TracedCall, one: TracedCall) -> bool:
    """Whether a call on one sample is the same as one on several."""
    if (several.name, place_of(several.scopes), several.macs) != (one.name, place_of(one.scopes), one.macs):
        return False
    sizes = [[prod(value.dims) for value in call.outputs] for call in (several, one)]
    return len(sizes[0]) == len(sizes[1]) and all(
        size in (single, single * BATCH) for size, single in zip(*sizes, strict=True)
    )


VIEWS = {"squeeze", "unsqueeze", "view", "reshape", "flatten", "contiguous", "expand", "expand_as"}
"""Calls that only change the shape, which code may need for a single sample."""
