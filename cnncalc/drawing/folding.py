"""From a report to boxes and edges: blocks folded, norm and activation in their layer's box."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias, Union

from msgspec import Struct

from cnncalc.analysis.report import Report, Row
from cnncalc.analysis.units import Unit, units
from cnncalc.drawing.wording import operation
from cnncalc.shapes import Layout, Shape

ENOUGH = 24
"""Figures with more boxes than this are folded, unless a depth is given."""
MOST_DETAILS = 24
"""The most forms of blocks drawn beside a network."""
FEW = 4
"""The most different layers of a repeat that are drawn one by one."""

NO_SHAPE = Shape(0)
"""Of an output, which has no tensor of its own."""

TIMES = re.compile(r"(.*) ×(\d+)", re.DOTALL)


class Tile(Struct, frozen=True):
    """One box of a figure: a layer with its norm and activation, a folded block, an input or an output.

    Attributes:
        name: the layer or block.
        title: what it does, such as `conv 3×3, 64`.
        detail: what belongs to it: its norm and activation, or what is in a block.
        family: its colour: the family of a layer, or `block`, `input`, `output`.
        rows: the layers that it stands for, those of every repetition.
        times: how often it is repeated.
        output: the text of its output shape.
        shape: that of the last one.
        short: its name within its block, without that of the merge whose branch it is in.
        auxiliary: whether it exists in training only.
    """

    name: str
    title: str
    detail: str
    family: str
    rows: tuple[Row, ...]
    times: int
    output: str
    shape: Shape
    short: str = ""
    auxiliary: bool = False


class Frame(Struct, frozen=True):
    """A block that is drawn open: a frame around its boxes, given by their indices, and inner frames."""

    name: str
    label: str
    times: int
    items: tuple["Item", ...]


Item: TypeAlias = Union[int, Frame]  # noqa: UP007 - refers to itself


class Edge(Struct, frozen=True, order=True):
    """From a box to one that reads it; `tensors` counts the tensors that it reads."""

    source: int
    target: int
    tensors: int = 1


class Diagram(Struct, frozen=True):
    """Boxes in topological order, their frames, and edges, each target's in the order in which it reads."""

    boxes: tuple[Tile, ...]
    items: tuple[Item, ...]
    edges: tuple[Edge, ...]


class Detail(Struct, frozen=True):
    """What is in a folded block: the block's label, the instance that is shown, and its diagram."""

    label: str
    name: str
    diagram: Diagram


class _Group:
    """A block or repeat of the spec, with the units and groups in it."""

    def __init__(self, name: str, label: str) -> None:
        self.name = name
        self.label = label
        self.children: list[Unit | _Group] = []

    @property
    def rows(self) -> list[Row]:
        return [row for child in self.children for row in child.rows]

    @property
    def is_repeat(self) -> bool:
        return bool(TIMES.fullmatch(self.label)) and len(self.children) > 1

    @property
    def block(self) -> str:
        """The label without the number of repetitions."""
        found = TIMES.fullmatch(self.label)
        return found[1] if found else self.label

    @property
    def is_of_layers(self) -> bool:
        """Whether it repeats a single layer."""
        return self.is_repeat and all(isinstance(child, Unit) for child in self.children)

    @property
    def instances(self) -> "list[_Group]":
        """The blocks that a folded box of it stands for."""
        if self.is_repeat:
            return [child for child in self.children if isinstance(child, _Group)]
        return [self]


_Node: TypeAlias = Union[Unit, _Group]  # noqa: UP007 - mypy wants both before it


class Hierarchy:
    """A report's layers as units in the groups of the spec."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.inputs = {row.name: row for row in report.entries}
        self.outputs = _ends(report)
        self.ends = frozenset(row.name for row in self.outputs.values())
        self.rows = {row.name: row for row in (*self.inputs.values(), *report.layers)}
        self.readers: dict[str, list[str]] = {name: [] for name in self.rows}
        for row in report.layers:
            for read in row.inputs:
                self.readers[read].append(row.name)
        self.groups: dict[str, _Group] = {}
        self.root = _Group("", "")
        for unit in units(report, self.scope):
            self._group_of(self.scope(unit.main.name)).children.append(unit)
        self._simplify(self.root)

    def scope(self, name: str) -> str:
        """The innermost block or repeat that a name is in."""
        end = name.rfind(".")
        while end > 0 and not self.report.groups.get(name[:end]):
            end = name.rfind(".", 0, end)
        return name[:end] if end > 0 else ""

    def short(self, name: str) -> str:
        """A name within its block or repeat, and within the merge whose branch it is in."""
        start = len(self.scope(name))
        end = name.rfind(".")
        while end > start and name[:end] not in self.rows:
            end = name.rfind(".", 0, end)
        inner = name[max(end, start) :].removeprefix(".")
        is_turn = inner.isdigit() and inner != name
        return f"{self.short(name[: -len(inner) - 1])}.{inner}" if is_turn else inner

    def _group_of(self, name: str) -> _Group:
        if not name:
            return self.root
        if name not in self.groups:
            self.groups[name] = _Group(name, self.report.groups[name])
            self._group_of(self.scope(name)).children.append(self.groups[name])
        return self.groups[name]

    def _simplify(self, group: _Group) -> None:
        """Replaces groups with a single child by that child, which takes their name."""
        for at, child in enumerate(group.children):
            if isinstance(child, _Group):
                self._simplify(child)
                if len(child.children) == 1 and (only := child.children[0]):
                    only.name = child.name
                    group.children[at] = only
                    if isinstance(only, _Group):
                        self.groups[child.name] = only

    def diagram(self, depth: int | None = None) -> Diagram:
        """The network with blocks nested deeper than `depth` folded; by default, few enough boxes remain."""
        if depth is None:
            folded = self.diagram(1)
            for each in map(self.diagram, range(2, 5)):
                if len(each.boxes) > ENOUGH + len(self.inputs) + len(self.outputs):
                    break
                folded = each
            return folded
        return _Builder(self, self.root, depth, self.inputs, self.outputs).diagram()

    def details(self, diagram: Diagram) -> list[Detail]:
        """Each form of the blocks that a diagram folds, once; the first `MOST_DETAILS` of them."""
        waiting = [
            self.groups[box.name]
            for box in diagram.boxes
            if box.name in self.groups and box.family == "block"
        ]
        found: list[Detail] = []
        known: set[tuple[str, object]] = set()
        for group in waiting:
            for instance in group.instances:
                form = instance.block or group.block, _form(instance)
                if form in known:
                    continue
                known.add(form)
                if len(found) == MOST_DETAILS:
                    return found
                inside = self.inside(instance)
                label = instance.block or group.block
                found.append(Detail(label, instance.name, inside))
                waiting += [self.groups[box.name] for box in inside.boxes if box.family == "block"]
        return found

    def inside(self, group: _Group) -> Diagram:
        """A block alone, open as deep as few enough boxes remain; what it reads are its inputs."""
        own = {row.name for row in group.rows}
        read = dict.fromkeys(read for row in group.rows for read in row.inputs if read not in own)
        inputs = {name: self.rows[name] for name in read}
        outputs = {row.name: row for row in group.rows if self._is_read_outside(row, own)}
        diagrams = [_Builder(self, group, depth, inputs, {}, outputs).diagram() for depth in (3, 2, 1)]
        return next((each for each in diagrams if len(each.boxes) <= ENOUGH), diagrams[-1])

    def opened(self, name: str) -> Diagram:
        """A folded block when it alone is open: what it reads are its inputs, what leaves it its outputs.

        Blocks in it are folded.
        """
        group = self.groups[name]
        own = {row.name for row in group.rows}
        read = dict.fromkeys(read for row in group.rows for read in row.inputs if read not in own)
        alone = _Group(name, "")
        alone.children = [group]
        inputs = {each: self.rows[each] for each in read}
        outputs = {row.name: row for row in group.rows if self._is_read_outside(row, own)}
        return _Builder(self, alone, 2, inputs, outputs).diagram()

    def _is_read_outside(self, row: Row, own: Iterable[str]) -> bool:
        return row.name in self.ends or any(reader not in own for reader in self.readers[row.name])


def _ends(report: Report) -> dict[str, Row]:
    """The outputs, also those of training, by name; a single output is just `output`."""
    found = dict(report.outputs) if len(report.ends) > 1 else {"output": report.output}
    return found | {name: report.row_at(at) for name, at in report.heads.items()}


def _relative(name: str, group: str) -> str:
    return name.removeprefix(group)


def _form(group: _Node) -> tuple[object, ...]:
    """What instances of a block with the same structure have in common: kinds, names, and what reads what."""
    own = {row.name for row in group.rows}
    return tuple(
        (
            row.kind,
            row.name[len(group.name) :],
            *(r[len(group.name) :] if r in own else "" for r in row.inputs),
        )
        for row in group.rows
    )


def _options(node: _Node) -> tuple[object, ...]:
    return tuple(row.layer for row in node.rows)


class _Draft:
    """A box whose rows are still being gathered."""

    def __init__(self, name: str, title: str, detail: str, family: str, last: Sequence[Row]) -> None:
        self.name, self.title, self.detail, self.family = name, title, detail, family
        self.rows: list[Row] = []
        self.times = 1
        self.last = list(last)


class _Builder:
    """Builds the diagram of a group; blocks more than `depth` levels deep are folded."""

    def __init__(
        self,
        network: Hierarchy,
        group: _Group,
        depth: int,
        inputs: dict[str, Row],
        outputs: dict[str, Row],
        leaving: dict[str, Row] | None = None,
    ) -> None:
        self.network = network
        self.layout: Layout = network.report.layout
        self.group = group
        self.depth = depth
        self.inputs = inputs
        self.outputs = outputs
        self.leaving = {row.name for row in (outputs if leaving is None else leaving).values()}
        self.drafts: list[_Draft] = []
        self.box_of: dict[str, int] = {}
        self.turn_of: dict[str, tuple[tuple[str, int], ...]] = {}

    def diagram(self) -> Diagram:
        items: list[Item] = []
        for name, row in self.inputs.items():
            is_input = name in self.network.inputs
            title = name if is_input else self._source(name)
            items.append(self._box(_Draft(name, title, "", "input", [row]), [row]))
        items += self._items(self.group, 1, ())
        edges = self._edges()
        ends: dict[int, list[str]] = {}
        for name, row in self.outputs.items():
            ends.setdefault(self.box_of[row.name], []).append(name)
        for source, names in ends.items():
            items.append(self._end(source, names))
            edges.append(Edge(source, len(self.drafts) - 1, len(names)))
        boxes = tuple(self._finished(at, draft) for at, draft in enumerate(self.drafts))
        return Diagram(boxes, tuple(items), tuple(edges))

    def _end(self, source: int, names: Sequence[str]) -> int:
        """The box of the outputs that come from a box."""
        rows = [self.outputs[name] for name in names]
        inside = f"{self.drafts[source].name}."
        title = " · ".join(name.removeprefix(inside) if len(names) > 1 else name for name in names)
        training = " (training)" if all(row.auxiliary for row in rows) else ""
        return self._box(_Draft(", ".join(names), title + training, "", "output", rows), [])

    def _source(self, name: str) -> str:
        """What a block reads: several inputs are told apart by the layer or block that they come from."""
        if len(self.inputs) == 1:
            return "input"
        scope = self.network.scope(self.group.name)
        inner = name.removeprefix(f"{scope}.") if scope else name
        return inner.split(".")[0]

    def _items(self, group: _Group, level: int, turn: tuple[tuple[str, int], ...]) -> list[Item]:
        return [item for child in group.children for item in self._of(child, level, turn)]

    def _of(self, node: _Node, level: int, turn: tuple[tuple[str, int], ...]) -> list[Item]:
        if isinstance(node, Unit):
            return [self._unit(node, node.name, [node], turn)]
        runs = list(_runs(node)) if node.is_repeat else []
        if node.is_of_layers and (len(runs) <= FEW or level < self.depth):
            units = [[child for child in run if isinstance(child, Unit)] for run in runs]
            return [
                self._unit(run[0], node.name if len(runs) == 1 else run[0].name, run, turn) for run in units
            ]
        if level >= self.depth:
            return [self._folded(node, turn)]
        if not runs:
            return [Frame(node.name, node.label, 1, tuple(self._items(node, level + 1, turn)))]
        items: list[Item] = []
        for run in runs:
            items += self._run(node, run, len(runs) == 1, level, turn)
        return items

    def _run(
        self, repeat: _Group, run: "list[_Node]", is_only: bool, level: int, turn: tuple[tuple[str, int], ...]
    ) -> list[Item]:
        """Similar instances of a repeat, as one frame around the first."""
        first = run[0]
        if isinstance(first, Unit):
            return [self._unit(first, first.name, [each for each in run if isinstance(each, Unit)], turn)]
        start = len(self.drafts)
        inner = tuple(self._items(first, level + 1, (*turn, (repeat.name, 0))))
        kept = self.drafts
        for count, other in enumerate(run[1:], 1):
            if isinstance(other, _Group):
                self.drafts = kept[:start]
                self._items(other, level + 1, (*turn, (repeat.name, count)))
                for mine, theirs in zip(kept[start:], self.drafts[start:], strict=True):
                    mine.rows += theirs.rows
                    mine.last += theirs.last
        self.drafts = kept
        name = repeat.name if is_only else first.name
        return [Frame(name, first.label or repeat.block, len(run), inner)]

    def _unit(self, unit: Unit, name: str, run: Sequence[Unit], turn: tuple[tuple[str, int], ...]) -> int:
        """A layer, or several equal ones in a row."""
        layer = unit.main.layer
        detail = " · ".join(row.kind for row in unit.after)
        if unit.before:
            before = " · ".join(row.kind for row in unit.before)
            detail = f"after {before}, then {detail}" if detail else f"after {before}"
        family = layer.family if layer else "block"
        draft = _Draft(name, operation(unit.main), detail, family, [run[-1].rows[-1]])
        at = self._box(draft, [row for each in run for row in each.rows], turn)
        draft.times = len(run)
        return at

    def _folded(self, group: _Group, turn: tuple[tuple[str, int], ...]) -> int:
        rows = group.rows
        layers = f"{len(rows):,} layers"
        draft = _Draft(group.name, group.block, layers, "block", [])
        at = self._box(draft, rows, turn)
        draft.times = len(group.children) if group.is_repeat else 1
        own = {row.name for row in rows}
        readers = self.network.readers
        draft.last = [
            row for row in rows if row.name in self.leaving or not own.issuperset(readers[row.name])
        ]
        draft.last = draft.last or rows[-1:]
        return at

    def _box(self, draft: _Draft, rows: Sequence[Row], turn: tuple[tuple[str, int], ...] = ()) -> int:
        at = len(self.drafts)
        self.drafts.append(draft)
        draft.rows += rows
        for row in rows:
            self.box_of[row.name] = at
            self.turn_of[row.name] = turn
        return at

    def _edges(self) -> list[Edge]:
        """What reads what; the edges between repetitions drawn as one are left out."""
        found: dict[tuple[int, int], set[str]] = {}
        for target, draft in enumerate(self.drafts):
            for row in draft.rows if draft.family != "input" else ():
                for read in row.inputs:
                    source = self.box_of[read]
                    if source != target and not self._is_between_turns(read, row.name):
                        found.setdefault((source, target), set()).add(read)
        return [Edge(source, target, len(tensors)) for (source, target), tensors in found.items()]

    def _is_between_turns(self, read: str, reader: str) -> bool:
        for (repeat, turn), (other, later) in zip(self.turn_of[read], self.turn_of[reader], strict=False):
            if repeat != other:
                return False
            if turn != later:
                return True
        return False

    def _finished(self, at: int, draft: _Draft) -> Tile:
        rows = tuple(draft.rows) if draft.family != "input" else ()
        is_end = draft.family == "output"
        output = "" if is_end else _shapes([row.output for row in draft.last], self.layout, draft.family)
        shape = NO_SHAPE if is_end else draft.last[-1].output
        return Tile(
            draft.name,
            draft.title,
            draft.detail,
            draft.family,
            rows,
            draft.times,
            output,
            shape,
            self.network.short(draft.name),
            bool(draft.last) and all(row.auxiliary for row in rows or draft.last),
        )


def _runs(repeat: _Group) -> "Iterator[list[_Node]]":
    """Neighbouring instances of a repeat with the same options."""
    run: list[_Node] = []
    for child in repeat.children:
        if run and (_form(run[0]), _options(run[0])) != (_form(child), _options(child)):
            yield run
            run = []
        run.append(child)
    yield run


def _shapes(shapes: Sequence[Shape], layout: Layout, family: str) -> str:
    """The text of a shape, of two that leave a block, or of several as a range: `96…256×56×56`."""
    if not shapes:
        return ""
    distinct = [*dict.fromkeys(shapes)]
    if family == "block" and len(distinct) == 2:
        return ", ".join(shape.text(layout) for shape in distinct)
    first, last = shapes[0], shapes[-1]
    if first == last or first.spatial != last.spatial:
        return last.text(layout)
    channels = f"{first.channels}…{last.channels}"
    sizes = [*map(str, last.spatial)]
    return "×".join([*sizes, channels] if layout == "hwc" else [channels, *sizes])
