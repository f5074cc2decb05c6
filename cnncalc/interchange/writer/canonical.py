"""Growing concatenations in a form that nests: concat(a, b, c) as concat(concat(a, b), c), where that exists.

In a DenseNet, each layer concatenates the outputs of all layers before it. Written as it is, everything
reads everything; in this form each layer adds one tensor to what it read.
"""

from msgspec import structs

from cnncalc.interchange.network import ModelGraph, ModelStep
from cnncalc.layers.merging import Concat


def canonical(network: ModelGraph) -> ModelGraph:
    """The same network, with each concatenation reading the longest one before it that it begins with.

    Such a concatenation belongs to the module that made the last tensor it reads.
    """
    known: dict[tuple[int, ...], int] = {}
    steps: list[ModelStep] = []
    entries = len(network.inputs)
    for at, step in enumerate(network.steps):
        node = entries + at
        if type(step.layer) is Concat:
            everything = step.inputs
            known.setdefault(everything, node)
            for count in range(len(everything) - 1, 1, -1):
                before = known.get(everything[:count])
                if before is not None and before != node:
                    step = structs.replace(step, inputs=(before, *everything[count:]))
                    break
            step = _moved(step, steps, entries)
        steps.append(step)
    return structs.replace(network, steps=tuple(steps))


def _moved(step: ModelStep, steps: list[ModelStep], entries: int) -> ModelStep:
    """A concatenation of what entered a module and what it made, in the scope of that module."""
    if len(step.inputs) != 2:
        return step
    before, last = step.inputs
    scopes = steps[last - entries].scopes if last >= entries else ()
    for scope in scopes:
        if scope in step.scopes:
            continue
        depth = scopes.index(scope) + 1
        inside = [each for each in steps if scope in each.scopes]
        first = inside[0]
        if _grows(first, before) and steps[last - entries] is inside[-1]:
            return structs.replace(step, scopes=scopes[:depth], path=scope.path)
    return step


def _grows(first: ModelStep, before: int) -> bool:
    """Whether the first layer of a module reads what the concatenation reads."""
    return before in first.inputs
