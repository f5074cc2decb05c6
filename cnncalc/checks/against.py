"""Compares a spec with a model in code: layers aligned by order and name, and what differs between them."""

from collections.abc import Callable, Iterator, Mapping
from math import prod

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report, Row
from cnncalc.checks.difference import Change, Difference, LayerDifference, diff
from cnncalc.problems import Place, Problem
from cnncalc.spec import Spec

NAMED_OTHERWISE = ("kind", "padding", "groups", "filters", "multiplier", "kernel", "size", "scale")
"""Options that can say the same in different words, such as `half` for a padding of 1."""


def least_different(spec: Spec, report: Report, imported: Callable[[bool], Spec]) -> list[Problem]:
    """What a spec has other than a model, whose modules it may have as one layer each, or as several.

    `imported` returns the spec of the model: with True, with several.
    """
    found = compared(spec, report, imported(False))
    return min(found, compared(spec, report, imported(True)), key=len) if found else found


def compared(spec: Spec, report: Report, model: Spec) -> list[Problem]:
    """What a spec has other than a model, as errors at the layers of the spec.

    `report` is that of the spec, and `model` the spec of the model.
    """
    places = {node.name: node.place for node in spec.graph.nodes}
    found = diff(report, analyze(model))
    return [*_inputs(found), *_layers(found, places)]


def shapes_for(spec: Spec) -> Mapping[str, str]:
    """The input shapes of a spec, to run a model on; without a name if there is only one."""
    shapes = {node.name: node.shape.text() for node in spec.graph.inputs}
    return {"": next(iter(shapes.values()))} if len(shapes) == 1 else shapes


def has_declared(spec: Spec) -> bool:
    """Whether a spec declares layers, as an import with `custom` does."""
    return any(node.layer.is_declared for node in spec.graph.layers)


def _inputs(found: Difference) -> Iterator[Problem]:
    if list(found.before.inputs.values()) != list(found.after.inputs.values()):
        yield Problem("model", "the model has other inputs than the spec")


def _layers(found: Difference, places: Mapping[str, Place]) -> Iterator[Problem]:
    before = Place(1, 1)
    for layer in found.layers:
        place = places.get(layer.before.name, before) if layer.before else before
        before = place
        for message, hint in _messages(layer):
            yield Problem("model", message, place, hint, layer=layer.row.name)


def _messages(layer: LayerDifference) -> Iterator[tuple[str, str]]:
    """What to say about one layer: what differs, and what the model has."""
    mine, its = layer.before, layer.after
    if mine is None and its is not None:
        if not _only_views(its):
            yield f"the model has another layer here: {described(its)}", "add it"
    elif its is None and mine is not None:
        if not _only_views(mine):
            yield f"the model has no layer for {mine.name} ({mine.kind})", "remove it"
    elif mine is not None and its is not None:
        if layer.status == "changed":
            for change in layer.changes:
                if not (change.what in NAMED_OTHERWISE and _computes_the_same(mine, its)):
                    yield _changed(change, mine, its)
        elif layer.status == "consequence" and mine.output != its.output:
            yield f"{mine.name} has the output {mine.output.text()}; the model's is {its.output.text()}", ""


def _changed(change: Change, mine: Row, its: Row) -> tuple[str, str]:
    if change.what == "reads":
        named = [", ".join(map(str, names)) for names in (mine.inputs, its.inputs)]
        return f"{mine.name} reads {named[0]}; in the model it reads {named[1]}", ""
    if change.what == "shares":
        if not change.after:
            return f"{mine.name} shares the weights of {change.before}; in the model it has its own", ""
        return f"{mine.name} has its own weights; in the model it shares those of {change.after}", ""
    words = [_text(each) for each in (change.before, change.after)]
    return f"{change.what} of {mine.name} is {words[0]}; in the model it is {words[1]}", ""


def _text(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return str(list(value)) if isinstance(value, tuple) else str(value)


def described(row: Row) -> str:
    """A layer of the model in a few words: `conv conv2, 64×56×56, 36,928 parameters`."""
    params = f", {row.params.total:,} parameters" if row.params.total else ""
    return f"{row.kind} {row.name}, {row.output.text()}{params}"


def _only_views(row: Row) -> bool:
    """Whether a layer only gives its values another shape, also in training: flatten, identity."""
    layer = row.layer
    return layer is not None and layer.is_identity and not layer.backward_reads


def _computes_the_same(mine: Row, its: Row) -> bool:
    """Whether two layers are the same in other words: equal windows, tensors, output and operations."""
    if mine.layer is None or its.layer is None or mine.layer.family != its.layer.family:
        return False
    if (mine.output, mine.reads, mine.costs) != (its.output, its.reads, its.costs):
        return False
    tensors = [sorted(map(prod, each.weights.values())) for each in (mine, its)]
    windows = [each.layer.windows(*each.reads) for each in (mine, its) if each.layer]
    return tensors[0] == tensors[1] and windows[0] == windows[1]
