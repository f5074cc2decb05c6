"""One block for many uses: aligns lists of layers, and finds parameters for what differs between them."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from msgspec import Struct, structs

from cnncalc.interchange.writer.expressions import ENTERING, BlockParameters, DifferentError
from cnncalc.interchange.writer.items import ENTRY, Option, WrittenBranch, WrittenItem


class Body(Struct, frozen=True):
    """The layers of one use.

    Attributes:
        items: its list of layers.
        channels: the channels of what enters it.
        made: the channels of what each of its nodes makes, by node.
    """

    items: tuple[WrittenItem, ...]
    channels: int
    made: Mapping[int, int]


class WrittenBlock(Struct, frozen=True):
    """A block, and the arguments of each of its uses.

    Attributes:
        params: its parameters with their defaults; None for a required one.
        items: its layers; their options may be expressions, and `when` is one of them.
        arguments: those of each use.
        sorts: the option that each parameter is for.
    """

    params: Mapping[str, Option]
    items: tuple[WrittenItem, ...]
    arguments: tuple[Mapping[str, Option], ...]
    sorts: Mapping[str, str]


def block_of(bodies: Sequence[Body]) -> WrittenBlock | None:
    """The block that gives all bodies; None if they differ in more than numbers and missing layers."""
    for form in (lambda body: body, straightened):
        found = _block([form(body) for body in bodies])
        if found:
            return found
    return None


def straightened(body: Body) -> Body:
    """The body with residual merges as a series, which the merge reads by references at its end."""
    return structs.replace(body, items=straight(body.items))


def straight(items: Sequence[WrittenItem], always: frozenset[int] | None = None) -> tuple[WrittenItem, ...]:
    """Items with an empty branch of a merge as a reference, and the other branch in the list itself."""
    found: list[WrittenItem] = []
    moved: dict[int, int] = {}
    for at, item in enumerate(items):
        reads = tuple(moved.get(read, read) for read in item.reads)
        branches = tuple(WrittenBranch(each.name, straight(each.items)) for each in item.branches)
        empty = [number for number, branch in enumerate(branches) if not branch.items]
        if len(branches) == 2 and len(empty) == 1:
            (source,) = reads
            other = branches[1 - empty[0]]
            base = len(found)
            for inner in other.items:
                inside = tuple(read + base if read >= 0 else source for read in inner.reads)
                found.append(structs.replace(inner, reads=inside))
            last = len(found) - 1
            reads = (source, last) if empty[0] == 0 else (last, source)
            own = item.nodes[-1:]
            item = structs.replace(item, reads=reads, branches=(), nodes=own)
        else:
            item = structs.replace(item, reads=reads, branches=branches)
        found.append(item)
        moved[at] = len(found) - 1
    return tuple(found)


class _Column(Struct, frozen=True):
    """One item of the template, and the same item in every use; None where it is not there."""

    first: WrittenItem
    items: tuple[WrittenItem | None, ...]
    branches: tuple[tuple["_Column", ...], ...]


def _block(bodies: Sequence[Body]) -> WrittenBlock | None:
    columns = _columns([body.items for body in bodies])
    if columns is None:
        return None
    parameters = BlockParameters([body.channels for body in bodies])
    try:
        items = _Template(bodies, parameters).items(columns)
    except DifferentError:
        return None
    items = straight(items)
    names = _renamed(parameters, items)
    items = _with_entry(_with_names(items, names))
    params = {names.get(name, name): parameters.default(name) for name in parameters.values}
    params = dict(sorted(params.items(), key=lambda pair: pair[1] is not None))
    arguments = tuple(
        {
            names.get(name, name): value
            for name, values in parameters.values.items()
            if (value := values[at]) is not None
        }
        for at in range(len(bodies))
    )
    sorts = {names.get(name, name): option for name, option in parameters.options.items()}
    return WrittenBlock(params, items, arguments, sorts)


def _merged(one: Sequence[WrittenItem], other: Sequence[WrittenItem]) -> tuple[WrittenItem, ...]:
    """A list with all items of two lists, those that are alike only once, in their order."""
    pairs = _paired(one, other)
    at_one = {mine: at for at, (mine, _) in enumerate(pairs) if mine is not None}
    at_other = {its: at for at, (_, its) in enumerate(pairs) if its is not None}
    found: list[WrittenItem] = []
    for at, (mine, its) in enumerate(pairs):
        side, number, places = (0, mine, at_one) if mine is not None else (1, its, at_other)
        assert number is not None
        item = (one, other)[side][number]
        reads = []
        for read in item.reads:
            place = places.get(read, read)
            skips = place >= ENTRY and all(pairs[each][side] is None for each in range(place + 1, at))
            reads.append(at - 1 if skips else place)
        found.append(structs.replace(item, reads=tuple(reads)))
    return tuple(found)


def _paired(one: Sequence[WrittenItem], other: Sequence[WrittenItem]) -> list[tuple[int | None, int | None]]:
    """The longest common subsequence of two lists, with what is in one of them only in between."""
    lengths = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i in range(len(one) - 1, -1, -1):
        for j in range(len(other) - 1, -1, -1):
            best = max(lengths[i + 1][j], lengths[i][j + 1])
            lengths[i][j] = max(best, 1 + lengths[i + 1][j + 1] if _alike(one[i], other[j]) else 0)
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(one) or j < len(other):
        both = i < len(one) and j < len(other)
        if both and _alike(one[i], other[j]) and lengths[i][j] == 1 + lengths[i + 1][j + 1]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif i < len(one) and (not both or lengths[i + 1][j] >= lengths[i][j + 1]):
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return pairs


MOST_ALIGNED = 200
"""Items of lists that are aligned; longer ones are written where they are."""


def _columns(lists: Sequence[Sequence[WrittenItem] | None]) -> tuple[_Column, ...] | None:
    """Each item of a common template with its counterparts; None if a list does not fit it."""
    given = [items for items in lists if items is not None]
    if max(map(len, given)) > MOST_ALIGNED:
        return None
    template: Sequence[WrittenItem] = reduce(_merged, given)
    found: list[list[WrittenItem | None]] = [[] for _ in template]
    for items in lists:
        at = 0
        moved: dict[int, int] = {}
        for number, wanted in enumerate(template):
            item = items[at] if items is not None and at < len(items) else None
            if item is not None and not _alike(wanted, item):
                item = None
            if item is not None:
                moved[at] = number
                at += 1
            found[number].append(item)
        if items is not None and (at < len(items) or not _reads_alike(template, items, moved)):
            return None
    columns = []
    for wanted, column in zip(template, found, strict=True):
        branches = []
        for number in range(len(wanted.branches)):
            inner = [item.branches[number].items if item is not None else None for item in column]
            aligned = _columns(inner)
            if aligned is None:
                return None
            branches.append(aligned)
        columns.append(_Column(wanted, tuple(column), tuple(branches)))
    return tuple(columns)


def _alike(one: WrittenItem, other: WrittenItem) -> bool:
    """Whether two items can be the same item of a block."""
    return (
        one.word == other.word
        and one.is_use == other.is_use
        and one.repeat == other.repeat
        and one.inputs == other.inputs
        and len(one.reads) == len(other.reads)
        and len(one.branches) == len(other.branches)
        and (one.shares is None) == (other.shares is None)
        and (one.own_name == other.own_name or not one.own_name or not other.own_name or one.is_use)
    )


def _reads_alike(
    template: Sequence[WrittenItem], items: Sequence[WrittenItem], moved: Mapping[int, int]
) -> bool:
    """Whether items read the same as their counterparts, through those that are missing."""
    present = set(moved.values())

    def seen(read: int) -> int:
        while read >= 0 and read not in present:
            item = template[read]
            others = [each for each in item.reads if each == read - 1 or (read == 0 and each == ENTRY)]
            if item.branches or not others:
                return -(10**6)
            read = others[0]
        return read

    for at, item in enumerate(items):
        wanted = tuple(seen(read) for read in template[moved[at]].reads)
        if wanted != tuple(moved.get(read, read) for read in item.reads):
            return False
    for read in {read for number in range(len(template)) for read in template[number].reads if read >= 0}:
        is_optional = read not in present
        if is_optional and any(read in each.reads and at != read + 1 for at, each in enumerate(template)):
            return False
    return seen(len(template) - 1) == (moved[len(items) - 1] if items else ENTRY)


class _Template:
    """Writes the items of a block from columns."""

    def __init__(self, bodies: Sequence[Body], parameters: BlockParameters) -> None:
        self.bodies = bodies
        self.parameters = parameters

    def items(self, columns: Sequence[_Column], of: WrittenItem | None = None) -> tuple[WrittenItem, ...]:
        order = sorted(range(len(columns)), key=lambda at: _is_optional(columns[at]))
        found = {at: self._item(columns[at], columns, at, of) for at in order}
        return tuple(found[at] for at in range(len(columns)))

    def _item(
        self, column: _Column, columns: Sequence[_Column], at: int, of: WrittenItem | None
    ) -> WrittenItem:
        first = column.first
        names: dict[str, None] = {}
        for item in column.items:
            if item is not None:
                names |= dict.fromkeys(item.options)
        hint = re.sub(r"\W", "_", first.name) or first.word
        inner = column.branches
        order = sorted(range(len(inner)), key=lambda at: any(map(_is_optional, inner[at])))
        lists = {at: self.items(inner[at], first) for at in order}
        branches = tuple(
            WrittenBranch(name, lists[at]) for at, name in enumerate(_branch_names(column, len(inner)))
        )
        options: dict[str, Option] = {}
        for name in names:
            option = first.sorts.get(name, name)
            values = [item.options.get(name, _absent(option)) if item else None for item in column.items]
            if any(value is None for value, item in zip(values, column.items, strict=True) if item):
                raise DifferentError
            options[name] = self.parameters.express(option, values, hint)
        present = [item is not None for item in column.items]
        if not all(present):
            options["when"] = self._when(column, columns, at, options, present, of)
        return structs.replace(first, options=options, branches=branches, name=first.name)

    def _when(
        self,
        column: _Column,
        columns: Sequence[_Column],
        at: int,
        options: Mapping[str, Option],
        present: Sequence[bool],
        of: WrittenItem | None,
    ) -> str:
        """The condition of an item that some uses do not have: a usual one that holds, or a parameter."""
        for condition in self._usual(column, columns, at, options, of):
            if all(self._holds(condition, each, columns, at) == there for each, there in enumerate(present)):
                return condition
        return self.parameters.flag(column.first.own_name or f"has_{column.first.word}", present)

    def _usual(
        self,
        column: _Column,
        columns: Sequence[_Column],
        at: int,
        options: Mapping[str, Option],
        of: WrittenItem | None,
    ) -> Sequence[str]:
        """Conditions that residual networks have: of a projection, and of a sum that needs equal channels."""
        stride = next((n for n, option in self.parameters.options.items() if option == "stride"), "")
        if of is not None and of.is_merge and of.reads == (ENTRY,) and len(columns) == 1:
            filters = options.get("filters")
            projection = f"{ENTERING} != {filters}"
            return [projection, f"{stride} != 1 or {projection}"] if stride else [projection]
        if column.first.is_merge and {*column.first.reads} == {ENTRY, at - 1}:
            equal = f"{ENTERING} == prev.channels"
            return [equal, f"{stride} == 1 and {equal}"] if stride else [equal]
        return []

    def _holds(self, condition: str, use: int, columns: Sequence[_Column], at: int) -> bool:
        before = next((each.items[use] for each in reversed(columns[:at]) if each.items[use]), None)
        body = self.bodies[use]
        made = body.made[before.node] if before is not None else body.channels
        return self.parameters.holds(condition, use, {"prev.channels": made})


def _branch_names(column: _Column, count: int) -> list[str]:
    """The names of branches in the uses where they have most layers; numbers if that gives a name twice."""
    found = []
    for at in range(count):
        branches = [item.branches[at] for item in column.items if item is not None]
        found.append(max(branches, key=lambda branch: len(branch.items)).name)
    return found if len({*found}) == count else [f"branch{number}" for number in range(1, count + 1)]


def _is_optional(column: _Column) -> bool:
    return None in column.items


def _absent(option: str) -> Option:
    """The value of an option that one use has and another leaves out."""
    return {"stride": 1, "dilation": 1, "groups": 1, "multiplier": 1, "padding": 0, "bias": True}.get(option)


def _renamed(parameters: BlockParameters, items: Sequence[WrittenItem]) -> dict[str, str]:
    """Better names for the numbers of channels of a block, if it has one or two."""
    sizes = [name for name, option in parameters.options.items() if option in ("filters", "units")]
    last = next((item for item in reversed(items) if "filters" in item.options), None)
    end = last.options["filters"] if last is not None else None
    names: dict[str, str] = {}
    for name in sizes:
        if name == end:
            names[name] = "out"
        elif len(sizes) == 1 or (len(sizes) == 2 and end in sizes):
            names[name] = "width"
    return {} if {*names.values()} & {*parameters.values} else names


def _with_names(items: Sequence[WrittenItem], names: Mapping[str, str]) -> tuple[WrittenItem, ...]:
    """Items whose expressions have other names for parameters."""
    if not names:
        return tuple(items)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, names))})\b")

    def named(text: str) -> str:
        return pattern.sub(lambda found: names[found[0]], text)

    return tuple(_with_text(item, named) for item in items)


def _with_entry(items: Sequence[WrittenItem]) -> tuple[WrittenItem, ...]:
    """Items in which `entry` stands for what enters the block, where `input` is what enters a branch."""
    found = []
    for item in items:
        if item.branches and item.reads != (ENTRY,):
            branches = tuple(
                WrittenBranch(each.name, tuple(_with_text(inner, _entering_block) for inner in each.items))
                for each in item.branches
            )
        else:
            branches = tuple(WrittenBranch(each.name, _with_entry(each.items)) for each in item.branches)
        found.append(structs.replace(item, branches=branches))
    return tuple(found)


def _entering_block(text: str) -> str:
    return re.sub(rf"\b{re.escape(ENTERING)}\b", "entry.channels", text)


def _with_text(item: WrittenItem, change: Callable[[str], str]) -> WrittenItem:
    """An item with all text of its options, and of those in its branches, changed."""

    def changed(option: Option) -> Option:
        if isinstance(option, str):
            return change(option)
        return tuple(map(changed, option)) if isinstance(option, tuple) else option

    options = {name: changed(option) for name, option in item.options.items()}
    branches = tuple(
        WrittenBranch(each.name, tuple(_with_text(inner, change) for inner in each.items))
        for each in item.branches
    )
    return structs.replace(item, options=options, branches=branches)
