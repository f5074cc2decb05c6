"""Groups the differences of two networks for reading: by block, and by equal change."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from cnncalc.analysis.report import Report, Row
from cnncalc.checks.difference import Change, Difference, LayerDifference, Status
from cnncalc.checks.difference_alignment import STANDS_FOR, options, prefixes
from cnncalc.layers import options_of
from cnncalc.shapes import Shape

NUMBER = re.compile(r"\.\d+(?=\.|$)")
TRAILING = re.compile(r"\d+$")


class Group(Struct, frozen=True):
    """Several differences in one line.

    Attributes:
        names: the names of the layers or blocks; for a run, the first and the last.
        what: what was added or removed, or why the numbers differ.
        changes: the changes that all of them have.
        layers: the differences.
    """

    status: Status
    names: tuple[str, ...]
    what: str
    layers: tuple[LayerDifference, ...]
    changes: tuple[Change, ...] = ()

    def increase(self, quantity: str) -> int:
        """The increase of a quantity over all of them."""
        return sum(layer.increase(quantity) for layer in self.layers)


class Renaming(Struct, frozen=True):
    """A renamed layer, or a renamed block with all its layers."""

    before: str
    after: str
    layers: int

    @property
    def is_numbering(self) -> bool:
        """Whether only the number in the name differs, such as after an insertion."""
        return TRAILING.sub("", self.before) == TRAILING.sub("", self.after)


def written(difference: Difference) -> list[Group]:
    """The added, removed and changed layers, in network order."""
    groups: list[Group] = []
    run: list[LayerDifference] = []
    sizes = {"removed": _sizes_of_blocks(difference.before), "added": _sizes_of_blocks(difference.after)}
    for layer in difference.layers:
        if run and layer.status != run[-1].status:
            groups += _blocks(run, difference, sizes[run[0].status])
            run = []
        if layer.status in ("added", "removed"):
            run.append(layer)
        elif layer.status == "changed":
            groups.append(Group("changed", (layer.row.name,), layer.row.kind, (layer,), layer.changes))
    if run:
        groups += _blocks(run, difference, sizes[run[0].status])
    return _alike(groups)


def _sizes_of_blocks(report: Report) -> Counter[str]:
    """The number of layers inside every block and layer."""
    return Counter(prefix for row in report.layers for prefix in prefixes(row.name))


def each_alone(difference: Difference) -> list[Group]:
    """Every layer that differs, each in a separate group."""
    return [
        Group(layer.status, (layer.row.name,), _of_one(layer), (layer,), layer.changes)
        for layer in difference.layers
        if layer.status != "unchanged"
    ]


def _of_one(layer: LayerDifference) -> str:
    if layer.status == "consequence":
        return effect(layer)
    return layer.row.kind if layer.status == "changed" else described(layer.row)


def consequences(difference: Difference) -> list[Group]:
    """The layers with only other numbers, grouped by effect."""
    gathered: dict[str, list[LayerDifference]] = {}
    for layer in difference.having("consequence"):
        gathered.setdefault(effect(layer), []).append(layer)
    return [
        Group(
            "consequence", tuple(dict.fromkeys((layers[0].row.name, layers[-1].row.name))), why, tuple(layers)
        )
        for why, layers in gathered.items()
    ]


def effect(layer: LayerDifference) -> str:
    """The effect on a layer whose options are the same."""
    assert layer.before is not None
    assert layer.after is not None
    old, new = layer.before.output, layer.after.output
    if old.spatial != new.spatial:
        others = " and other channels" if old.channels != new.channels else ""
        return f"output {_sizes(old)} → {_sizes(new)}{others}"
    if old.channels != new.channels:
        return f"{_more(old.channels, new.channels)} output channels"
    if layer.before.reads != layer.after.reads:
        channels = [sum(shape.channels for shape in row.reads) for row in (layer.before, layer.after)]
        return f"{_more(*channels)} input channels" if channels[0] != channels[1] else "other input sizes"
    if any(layer.increase(quantity) for quantity in ("params", "macs", "flops")):
        return "other counts"
    fields = layer.before.field, layer.after.field
    if fields[0].size != fields[1].size or fields[0].is_global != fields[1].is_global:
        return "only another receptive field"
    if fields[0].jump != fields[1].jump or fields[0].start != fields[1].start:
        return "only shifted receptive fields"
    return "only other training memory"


def _sizes(shape: Shape) -> str:
    return "×".join(map(str, shape.spatial)) or "a vector"


def _more(before: int, after: int) -> str:
    return "more" if after > before else "fewer" if after < before else "other"


def _blocks(run: list[LayerDifference], difference: Difference, sizes: Counter[str]) -> Iterator[Group]:
    """A run of added or removed layers, split into the largest whole blocks of `sizes`."""
    report = difference.after if run[0].status == "added" else difference.before
    here = Counter(prefix for layer in run for prefix in prefixes(layer.row.name))
    gathered: dict[str, list[LayerDifference]] = {}
    for layer in run:
        names = prefixes(layer.row.name)
        whole = next((name for name in names if here[name] == sizes[name]), names[-1])
        gathered.setdefault(whole, []).append(layer)
    for name, layers in gathered.items():
        yield Group(layers[0].status, (name,), _kind(name, layers, report), tuple(layers))


def _kind(name: str, layers: list[LayerDifference], report: Report) -> str:
    """The block that was added, or the layer with its options, norm and activation."""
    block = report.groups.get(name)
    if block:
        return block
    return " + ".join(dict.fromkeys(described(layer.row) for layer in layers))


def described(row: Row) -> str:
    """A layer with its non-default options: `conv 64, kernel 3`."""
    said = options_said(row)
    return f"{row.kind} {said}" if said else row.kind


def options_said(row: Row) -> str:
    """The options of a layer that are not at their default: `64, kernel 3`."""
    if row.layer is None:
        return ""
    given = dict(options(row.layer))
    defaults: dict[str, object] = {
        name: option.default for name, option in options_of(type(row.layer)).items()
    }
    defaults |= {name: given[other] for name, other in STANDS_FOR.items() if defaults.get(name, 0) is None}
    said = [
        value_text(value) if name == row.layer.main else f"{name} {value_text(value)}"
        for name, value in given.items()
        if value != defaults[name] or name == row.layer.main
    ]
    return ", ".join(said)


def value_text(value: object) -> str:
    """A value in the notation of specs."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return "nothing" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)


def _alike(groups: list[Group]) -> list[Group]:
    """Merges equal groups: the same change, or a block that was added several times."""
    gathered: dict[object, list[Group]] = {}
    for number, group in enumerate(groups):
        key: object = group.status, NUMBER.sub(".*", group.names[0]), group.what
        if group.status == "changed":
            changes = tuple((change.what, change.before, change.after) for change in group.changes)
            is_wiring = any(change.what in ("reads", "shares") for change in group.changes)
            key = number if is_wiring else (group.what, changes)
        gathered.setdefault(key, []).append(group)
    return [_as_one(alike) for alike in gathered.values()]


def _as_one(groups: list[Group]) -> Group:
    first = groups[0]
    if len(groups) == 1:
        return first
    names: tuple[str, ...] = (first.names[0], groups[-1].names[-1])
    what = first.what
    if first.status != "changed":
        what = f"{what} ×{len(groups)}"
    elif len(patterns := {NUMBER.sub(".*", group.names[0]) for group in groups}) == 1:
        names = tuple(patterns)
    layers = tuple(layer for group in groups for layer in group.layers)
    return structs.replace(first, names=names, what=what, layers=layers)


def renamings(layers: Iterable[LayerDifference]) -> list[Renaming]:
    """The renamed layers and blocks: the shortest pairs of names that explain all renamings."""
    counts: Counter[tuple[str, str]] = Counter()
    for layer in layers:
        if layer.before is None or layer.after is None or not layer.is_renamed:
            continue
        old, new = layer.before.name.split("."), layer.after.name.split(".")
        if layer.before.kind != layer.after.kind and old[:-1] == new[:-1]:
            continue  # such as relu2, now silu1
        while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
            old.pop()
            new.pop()
        counts[".".join(old), ".".join(new)] += 1
    return [Renaming(old, new, number) for (old, new), number in counts.items()]
