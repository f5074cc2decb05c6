"""Aligns the layers of two networks by name, kind and options, in their order.

A global alignment (Needleman & Wunsch 1970) that maximises the total similarity of pairs without
crossings. Names in the spec count most, then kind and options; automatic names such as conv3 count
least, because an insertion shifts all that follow.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache

from msgspec import Struct, ValidationError, convert, structs

from cnncalc.analysis.report import Report, Row
from cnncalc.layers import Layer, options_of

Pair = tuple[int | None, int | None]
"""Positions of a layer before and after; None if it is absent."""

Span = tuple[int, int]
"""A range of positions; the end is excluded."""

Names = tuple[list[str], list[str]]

Options = tuple[tuple[str, object], ...]

SAME_LAYER, SAME_KIND, SAME_OPTIONS, SAME_FAMILY = 60, 20, 10, 8
SAME_GIVEN_NAME, SAME_AUTOMATIC_NAME, SAME_LEAF, SAME_TOP, SAME_CHANNELS = 50, 3, 1, 2, 2
MAX_CELLS = 1_000_000
"""Maximum size of the comparison table; longer stretches are matched by name only."""
STANDS_FOR = {"stride": "kernel"}
"""Options whose default is the value of another option."""


class LayerTraits(Struct, frozen=True):
    """The properties of a layer that are compared, except its full name."""

    kind: str
    family: str
    options: Options
    leaf: str
    top: str
    is_automatic: bool
    channels: tuple[int, ...]


@lru_cache(maxsize=65_536)
def options(layer: Layer) -> Options:
    """The options of a layer, with equal values in the same form."""
    given = {name: _plain(type(layer), name, value) for name, value in structs.asdict(layer).items()}
    for name, other in STANDS_FOR.items():
        if name in given and given[name] is None and other in given:
            given[name] = given[other]
    return tuple(given.items())


def _plain(kind: type[Layer], name: str, value: object) -> object:
    """A list of equal sizes as a single number, if the option takes one."""
    while isinstance(value, tuple) and value and len(set(value)) == 1:
        try:
            convert(value[0], options_of(kind)[name].type)
        except ValidationError:
            return value
        value = value[0]
    return value


def align(first: Report, second: Report) -> list[Pair]:
    """All layers of both networks, matched in pairs, in an order that fits both."""
    before, after = first.layers, second.layers
    if [(row.name, row.kind) for row in before] == [(row.name, row.kind) for row in after]:
        return [(at, at) for at in range(len(before))]
    left, right = _traits(first), _traits(second)
    names = [row.name for row in before], [row.name for row in after]
    start, end = _ends(left, right, names)
    rows, columns = (start, len(left) - end), (start, len(right) - end)
    alike = [(at, at) for at in range(start)]
    alike += _between(left, right, names, rows, columns)
    alike += [(len(left) - at, len(right) - at) for at in range(end, 0, -1)]
    return _ordered(_with_moved(alike, before, after, left, right), len(before), len(after))


def _traits(report: Report) -> list[LayerTraits]:
    words = {name: block.partition(" ")[0] for name, block in report.groups.items()}
    words |= {row.name: row.kind for row in report.layers}
    numbered = {name for name, word in words.items() if _is_numbered(name, word)}
    return [_traits_of(row, numbered) for row in report.layers]


def _is_numbered(name: str, word: str) -> bool:
    """Whether the last part of a name looks automatic: conv3, bottleneck2, add."""
    return bool(re.fullmatch(rf"{re.escape(word)}_?\d*", name.rpartition(".")[2]))


def _traits_of(row: Row, numbered: set[str]) -> LayerTraits:
    assert row.layer is not None
    parts = row.name.split(".")
    top = "" if parts[0] in numbered else parts[0]
    is_automatic = any(name in numbered for name in prefixes(row.name))
    family = row.layer.family
    channels = tuple(shape.channels for shape in row.reads)
    return LayerTraits(row.kind, family, options(row.layer), parts[-1], top, is_automatic, channels)


def prefixes(name: str) -> list[str]:
    """The names of the blocks around a layer, outermost first, and its own."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _ends(left: list[LayerTraits], right: list[LayerTraits], names: Names) -> tuple[int, int]:
    """The number of equal layers at the beginning, and of the remaining ones at the end."""

    def same(i: int, j: int) -> bool:
        return _is_same_layer(left[i], right[j]) and names[0][i] == names[1][j]

    return _alike_at_ends((0, len(left)), (0, len(right)), same)


def _is_same_layer(one: LayerTraits, other: LayerTraits) -> bool:
    return one.kind == other.kind and one.options == other.options


def _alike_at_ends(rows: Span, columns: Span, same: Callable[[int, int], bool]) -> tuple[int, int]:
    """The lengths of the common prefix and, after it, of the common suffix of two stretches."""
    (top, bottom), (first, last) = rows, columns
    shorter = min(bottom - top, last - first)
    start = next((at for at in range(shorter) if not same(top + at, first + at)), shorter)
    rest = shorter - start
    end = next((at for at in range(rest) if not same(bottom - 1 - at, last - 1 - at)), rest)
    return start, end


def _between(
    left: list[LayerTraits], right: list[LayerTraits], names: Names, rows: Span, columns: Span
) -> list[tuple[int, int]]:
    """The pairs within one stretch of each network."""
    (top, bottom), (first, last) = rows, columns
    if (bottom - top) * (last - first) <= MAX_CELLS:
        found = _best(left[top:bottom], right[first:last], names[0][top:bottom], names[1][first:last])
        return [(top + i, first + j) for i, j in found]
    start, end = _alike_at_ends(rows, columns, lambda i, j: _is_same_layer(left[i], right[j]))
    pairs = [(top + at, first + at) for at in range(start)]
    top, first = top + start, first + start
    for i, j in [*_by_name(left, right, names, (top, bottom - end), (first, last - end)), (bottom, last)]:
        below, right_of = min(i, bottom - end), min(j, last - end)
        if (below - top) * (right_of - first) <= MAX_CELLS:
            pairs += _between(left, right, names, (top, below), (first, right_of))
        pairs.append((i, j))
        top, first = i + 1, j + 1
    return pairs[:-1] + [(bottom - at, last - at) for at in range(end, 0, -1)]


def _by_name(
    left: list[LayerTraits], right: list[LayerTraits], names: Names, rows: Span, columns: Span
) -> list[tuple[int, int]]:
    """The longest sequence of layers with the same names and kinds in the same order in both."""
    places = {names[1][j]: j for j in range(*columns)}
    shared = [(i, places[names[0][i]]) for i in range(*rows) if names[0][i] in places]
    lows: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    shared = [(i, j) for i, j in shared if left[i].kind == right[j].kind]
    for at, (_, j) in enumerate(shared):
        length = bisect_left(lows, j)
        before.append(ends[length - 1] if length else -1)
        lows[length : length + 1] = [j]
        ends[length : length + 1] = [at]
    run, at = [], ends[-1] if ends else -1
    while at >= 0:
        run.append(shared[at])
        at = before[at]
    return run[::-1]


def _likeness() -> Callable[[LayerTraits, LayerTraits], int]:
    """The similarity of two layers apart from names, cached; 0 if they cannot match."""
    known: dict[tuple[LayerTraits, LayerTraits], int] = {}

    def likeness(one: LayerTraits, other: LayerTraits) -> int:
        found = known.get((one, other))
        if found is None:
            found = known[one, other] = _alike(one, other)
        return found

    return likeness


def _alike(one: LayerTraits, other: LayerTraits) -> int:
    bonus = SAME_LEAF * (one.leaf == other.leaf) + SAME_TOP * (one.top == other.top)
    bonus += SAME_CHANNELS * (one.channels == other.channels)
    if one.kind == other.kind and one.options == other.options:
        return SAME_LAYER + bonus
    if one.kind == other.kind:
        same = sum(mine == theirs for mine, theirs in zip(one.options, other.options, strict=True))
        return SAME_KIND + SAME_OPTIONS * same // max(len(one.options), 1) + bonus
    if one.family == other.family:
        return SAME_FAMILY + bonus
    return 0


def _best(
    left: list[LayerTraits], right: list[LayerTraits], left_names: list[str], right_names: list[str]
) -> list[tuple[int, int]]:
    """The pairs with the greatest total similarity."""
    likeness = _likeness()
    places = {name: j for j, name in enumerate(right_names)}
    distinct = list(dict.fromkeys(right))
    number = {key: at for at, key in enumerate(distinct)}
    classes = [number[key] for key in right]
    sums = [0] * (len(right) + 1)
    taken: list[bytearray] = []
    for key, name in zip(left, left_names, strict=True):
        of_class = [likeness(key, other) for other in distinct]
        scores = [of_class[each] for each in classes]
        namesake = places.get(name)
        if namesake is not None:
            bonus = SAME_AUTOMATIC_NAME if key.is_automatic else SAME_GIVEN_NAME
            scores[namesake] += bonus if scores[namesake] or not key.is_automatic else 0
        sums, ways = _row(sums, scores)
        taken.append(ways)
    return _traced(taken, len(right))


BOTH, ONLY_LEFT, ONLY_RIGHT = 1, 2, 0


def _row(above: list[int], scores: list[int]) -> tuple[list[int], bytearray]:
    """The next row of the table: the best scores and the steps that lead to them."""
    sums, last = [0], 0
    ways = bytearray(len(scores))
    for j, score in enumerate(scores):
        both, without = above[j] + score, above[j + 1]
        if both > without and both > last:  # of two equal scores, take the earlier
            last, ways[j] = both, BOTH
        elif without >= last:
            last, ways[j] = without, ONLY_LEFT
        sums.append(last)
    return sums, ways


def _traced(taken: list[bytearray], columns: int) -> list[tuple[int, int]]:
    pairs = []
    i, j = len(taken), columns
    while i and j:
        way = taken[i - 1][j - 1]
        if way == BOTH:
            pairs.append((i - 1, j - 1))
        i -= way in (BOTH, ONLY_LEFT)
        j -= way in (BOTH, ONLY_RIGHT)
    return pairs[::-1]


def _with_moved(
    pairs: list[tuple[int, int]],
    before: Sequence[Row],
    after: Sequence[Row],
    left: list[LayerTraits],
    right: list[LayerTraits],
) -> list[tuple[int, int]]:
    """Adds pairs of layers that moved but kept the name that the spec gives them."""
    gone = set(range(len(before))) - {i for i, _ in pairs}
    new = {after[at].name: at for at in range(len(after))}
    free = set(new.values()) - {j for _, j in pairs}
    moved = []
    for i in sorted(gone):
        j = new.get(before[i].name, -1)
        same_layer = j >= 0 and left[i].options == right[j].options
        if j in free and left[i].kind == right[j].kind and (same_layer or not left[i].is_automatic):
            moved.append((i, j))
    return [*pairs, *moved]


def _ordered(pairs: list[tuple[int, int]], left: int, right: int) -> list[Pair]:
    """All layers of both sides in the order of the second; removed layers keep their place."""
    partner = dict(pairs)
    source = {j: i for i, j in pairs}
    result: list[Pair] = []
    gone_after: dict[int, list[int]] = {}
    last = -1
    for i in range(left):
        if i in partner:
            last = partner[i]
        else:
            gone_after.setdefault(last, []).append(i)
    result += [(i, None) for i in gone_after.get(-1, ())]
    for j in range(right):
        result.append((source.get(j), j))
        result += [(i, None) for i in gone_after.get(j, ())]
    return result
