"""Where two networks of the same model differ, in words."""

from collections.abc import Iterator

from cnncalc.interchange.network import ModelGraph, ModelStep


def change(one: ModelGraph, other: ModelGraph) -> str:
    """The first difference between two networks; empty if there is none."""
    for before, after in zip(one.steps, other.steps, strict=False):
        if found := next(_of_step(before, after), None):
            return found + (f" in {before.path}" if before.path else "")
    if len(one.steps) != len(other.steps):
        return f"its number of layers is {len(other.steps)} instead of {len(one.steps)}"
    return "" if one.outputs == other.outputs else "its outputs are those of other layers"


def _of_step(one: ModelStep, other: ModelStep) -> Iterator[str]:
    if one.layer.kind != other.layer.kind:
        yield f"{other.layer.kind} instead of {one.layer.kind}"
    for name in getattr(one.layer, "__struct_fields__", ()):
        before, after = getattr(one.layer, name), getattr(other.layer, name)
        if before != after:
            yield f"{one.layer.kind} with {name} {after} instead of {before}"
    for what in ("output", "macs"):
        before, after = getattr(one, what), getattr(other, what)
        if before != after:
            yield f"{one.layer.kind} with {what} {after} instead of {before}"
    if one.inputs != other.inputs:
        yield f"{one.layer.kind} reads other layers"
    if [*one.tensors] != [*other.tensors] or one.shares != other.shares:
        yield f"{one.layer.kind} has other parameters"
