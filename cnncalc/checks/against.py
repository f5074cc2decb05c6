"""Compares a spec with a model in code: layers aligned by order and name, and what differs between them."""

from collections.abc import Callable, Iterator, Mapping
from math import prod

from msgspec import structs

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report, Row
from cnncalc.checks.difference import Change, Difference, LayerDifference, diff
from cnncalc.layers import LayerError
from cnncalc.problems import Place, Problem
from cnncalc.shapes import Shape
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
    other = analyze(model)
    problems = _problems(diff(report, other), places)
    if problems:  # perhaps only the order in which the branches are computed
        problems = min(problems, _problems(diff(_in_order(report), _in_order(other)), places), key=len)
    return problems


def _problems(found: Difference, places: Mapping[str, Place]) -> list[Problem]:
    return [*_inputs(found), *_layers(found, places)]


def _in_order(report: Report) -> Report:
    """The network with its layers in the order in which its outputs need them."""
    rows = {row.name: row for row in report.layers}
    order: dict[str, Row] = {}
    left = [(row.name, False) for row in (*reversed(report.layers), *reversed(report.outputs.values()))]
    while left:
        name, has_inputs = left.pop()
        if name in order or name not in rows:
            continue
        if has_inputs:
            order[name] = rows[name]
        else:
            left.append((name, True))
            left += [(each, False) for each in reversed(rows[name].inputs)]
    first = len(report.entries)
    place = {name: at for at, name in enumerate(order, first)}
    moved = {at: place[row.name] for at, row in enumerate(report.layers, first)}
    ends, heads, names = (
        {name: moved.get(at, at) for name, at in each.items()}
        for each in (report.ends, report.heads, report.names)
    )
    return structs.replace(report, layers=tuple(order.values()), ends=ends, heads=heads, names=names)


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
    results: tuple[set[str], set[str]] = set(), set()
    """The layers of the spec and of the model whose outputs differ as a result of what was said."""
    for layer in found.layers:
        place = places.get(layer.before.name, before) if layer.before else before
        before = place
        rows = layer.before, layer.after
        is_result = any(
            name in names for row, names in zip(rows, results, strict=True) if row for name in row.inputs
        )
        messages = [*_messages(layer)]
        differs = not (layer.before and layer.after and _same_values(layer.before.output, layer.after.output))
        if differs and (messages or is_result):
            for row, names in zip(rows, results, strict=True):
                names |= {row.name} if row else set()
        if layer.status == "consequence" and is_result:
            continue
        for message, hint in messages:
            yield Problem("model", message, place, hint, layer=(layer.before or layer.row).name)


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
                if not _in_other_words(change, mine, its):
                    yield _changed(change, mine, its), ""
        elif layer.status == "consequence" and not _same_values(mine.output, its.output):
            yield f"{mine.name} has the output {mine.output.text()}; the model's is {its.output.text()}", ""


def _same_values(mine: Shape, its: Shape) -> bool:
    """Whether two outputs are the same values, perhaps flattened, as before a dense layer."""
    return mine == its or (mine.size == its.size and 0 in (mine.rank, its.rank))


def _changed(change: Change, mine: Row, its: Row) -> str:
    if change.what == "reads":
        named = [", ".join(map(str, names)) for names in (mine.inputs, its.inputs)]
        return f"{mine.name} reads {named[0]}; in the model it reads {named[1]}"
    if change.what == "shares":
        if not change.after:
            return f"{mine.name} shares the weights of {change.before}; in the model it has its own"
        return f"{mine.name} has its own weights; in the model it shares those of {change.after}"
    words = [_text(each) for each in (change.before, change.after)]
    where = f" ({its.name})" if its.name != mine.name else ""
    return f"{change.what} of {mine.name} is {words[0]}; in the model it is {words[1]}{where}"


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


def _in_other_words(change: Change, mine: Row, its: Row) -> bool:
    """Whether an option only has another name for the same."""
    if change.what not in NAMED_OTHERWISE:
        return False
    return _computes_the_same(mine, its) or (change.what == "padding" and _same_padding(mine, its))


def _same_padding(mine: Row, its: Row) -> bool:
    """Whether each of two layers is the same with the padding of the other."""
    if mine.kind != its.kind or mine.layer is None or its.layer is None:
        return False
    paddings = [structs.asdict(row.layer)["padding"] for row in (its, mine) if row.layer]
    try:
        return all(
            structs.replace(row.layer, padding=padding).windows(*row.reads) == row.layer.windows(*row.reads)
            for row, padding in zip((mine, its), paddings, strict=True)
            if row.layer
        )
    except LayerError:  # no such padding there
        return False


def _computes_the_same(mine: Row, its: Row) -> bool:
    """Whether two layers are the same in other words: equal windows, tensors, output and operations."""
    if mine.layer is None or its.layer is None or mine.layer.family != its.layer.family:
        return False
    if (mine.output, mine.reads, mine.costs) != (its.output, its.reads, its.costs):
        return False
    tensors = [sorted(map(prod, each.weights.values())) for each in (mine, its)]
    windows = [each.layer.windows(*each.reads) for each in (mine, its) if each.layer]
    return tensors[0] == tensors[1] and windows[0] == windows[1]
