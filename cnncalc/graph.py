"""Graph: the network with all shapes computed."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, structs

from cnncalc.layers import Layer
from cnncalc.layers.base import Operations, Weightless, Windows
from cnncalc.problems import Place
from cnncalc.shapes import Layout, Shape
from cnncalc.window import UNCHANGED


class Input(Weightless, frozen=True):
    """An input tensor of the network: a graph begins with its inputs.

    With `values`, it holds whole numbers from 0 up to, but not including it.
    """

    kind = "input"
    family = "shape"

    values: int = 0

    def whole_numbers(self) -> int:
        return self.values

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def operations(self, x: Shape) -> Operations:
        return {}


class Node(Struct, frozen=True, gc=False):
    """One layer of a graph. `inputs` and `shares` are indices into the graph's nodes.

    `reads` holds the shapes of its inputs, `shape` the shape of its output, `written` the options that the
    spec sets.
    """

    name: str
    layer: Layer
    inputs: tuple[int, ...]
    reads: tuple[Shape, ...]
    shape: Shape
    place: Place
    frozen: bool = False
    shares: int | None = None
    note: str = ""
    written: frozenset[str] = frozenset()


class Graph(Struct, frozen=True):
    """A directed acyclic graph in topological order.

    Attributes:
        nodes: the inputs, then the layers.
        output: the node of the network's output; with several outputs, of the first.
        layout: the axis order in which the spec writes shapes.
        names: the output node of every layer, block, repeat and branch, and the node of every named input.
        groups: what kind of construct a name with several layers is.
        entries: the number of inputs.
        outputs: the node of every output by name; the layer's name if the spec gives none.
        auxiliary: the same for the outputs of heads that exist in training only.
        training_only: the nodes of these heads, which inference does not run.
    """

    nodes: tuple[Node, ...]
    output: int
    layout: Layout
    names: dict[str, int]
    groups: dict[str, str]
    entries: int = 1
    outputs: dict[str, int] = {}
    auxiliary: dict[str, int] = {}
    training_only: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if not self.outputs:
            structs.force_setattr(self, "outputs", {self.nodes[self.output].name: self.output})

    @property
    def inputs(self) -> tuple[Node, ...]:
        """The inputs."""
        return self.nodes[: self.entries]

    @property
    def layers(self) -> tuple[Node, ...]:
        """All nodes except the inputs."""
        return self.nodes[self.entries :]

    @property
    def ends(self) -> tuple[int, ...]:
        """The nodes of all outputs, each once."""
        return tuple(dict.fromkeys((self.output, *self.outputs.values())))


def needed(nodes: Sequence[Node], ends: Iterable[int], apart: frozenset[int] = frozenset()) -> frozenset[int]:
    """The nodes that some nodes depend on, directly or not, with these nodes themselves.

    Nodes in `apart`, and what only they depend on, are left out.
    """
    found = set(ends)
    ahead = [*found]
    while ahead:
        fresh = set(nodes[ahead.pop()].inputs) - found - apart
        found |= fresh
        ahead += fresh
    return frozenset(found)


ANY, IN_PART, PARTS = "**", "*", "**."
"""Signs of a pattern: any characters; those of one part of a name; any number of whole parts."""
ONE, ONE_IN_PART = "?", "[^.]"
SUBTREE = {"*": ANY, "?": ONE}
EXACT = {"**.": PARTS, "**": ANY, "*": IN_PART, "?": ONE_IN_PART}
MOST_KNOWN = 100_000
"""Transitions of a pattern that are kept."""


class _Pattern:
    """Matches names character by character, with the set of places in the pattern that may come next.

    The time grows with the length of the name only: in a regular expression, a few `*` can take forever.
    Sets are whole numbers with a bit for each place; transitions that were computed are kept.
    """

    def __init__(self, signs: Iterable[str], table: Mapping[str, str]) -> None:
        self.signs: list[str] = []
        for sign in signs:
            self.signs += (PARTS, "") if table.get(sign) == PARTS else (table.get(sign, sign),)
        signs_at = (at for at, sign in enumerate(self.signs) if sign in SKIPPED or sign in (ONE, ONE_IN_PART))
        self.prefix = "".join(self.signs[: next(signs_at, None)])
        """The characters before the first sign, with which every name that matches begins."""
        self.known: dict[tuple[int, str], int] = {}
        self.start = self._with_empty({0})

    def _with_empty(self, places: set[int]) -> int:
        """The places with those behind signs that may match nothing."""
        found = 0
        ahead = list(places)
        while ahead:
            place = ahead.pop()
            if not found >> place & 1:
                found |= 1 << place
                if place < len(self.signs) and (skip := SKIPPED.get(self.signs[place])):
                    ahead.append(place + skip)
        return found

    def _after(self, state: int, character: str) -> int:
        places: set[int] = set()
        for place, sign in enumerate(self.signs):
            if not state >> place & 1:
                continue
            if sign == PARTS or not sign:  # the empty sign stands for the inside of a part
                inside = place + (sign == PARTS)
                places |= {inside, inside + 1} if character == "." else {inside}
            elif sign == ANY or (sign == IN_PART and character != "."):
                places.add(place)
            elif sign in (character, ONE) or (sign == ONE_IN_PART and character != "."):
                places.add(place + 1)
        return self._with_empty(places)

    def states(self, name: str) -> Iterator[bool]:
        """Whether the pattern matches: before each character, and at the end."""
        state, last = self.start, len(self.signs)
        for character in name:
            yield bool(state >> last & 1)
            key = state, character
            if key not in self.known:
                if len(self.known) >= MOST_KNOWN:
                    self.known.clear()
                self.known[key] = self._after(state, character)
            state = self.known[key]
            if not state:
                break
        yield bool(state >> last & 1)

    def matches(self, name: str) -> bool:
        """Whether the pattern matches a whole name."""
        return name.startswith(self.prefix) and [*self.states(name)][-1]

    def matches_above(self, name: str) -> bool:
        """Whether the pattern matches a name or something that it is inside of."""
        if not name.startswith(self.prefix):
            return False
        ends = zip(self.states(name), f"{name}.", strict=False)
        return any(matches for matches, character in ends if character == ".")


SKIPPED = {ANY: 1, IN_PART: 1, PARTS: 2}
"""How many signs to skip if a sign matches nothing."""


def matches_subtree(pattern: str) -> Callable[[str], bool]:
    """Return a predicate: is a layer named by `pattern`, or inside what it names?

    `stage1.*` and `stage1` both match `stage1.0.conv1`.
    """
    return _Pattern(pattern, SUBTREE).matches_above


def is_pattern(name: str) -> bool:
    """Whether a name contains wildcards."""
    return any(sign in name for sign in SUBTREE)


def naming(pattern: str) -> Callable[[str], bool]:
    """Return a predicate: does `pattern` match a name exactly? `*` matches one part, `**` any number.

    `stage4.*` matches `stage4.0` but not the layers inside it; `**.conv1` matches every conv1.
    """
    return _Pattern(re.findall(r"\*\*\.|\*\*|.", pattern, re.DOTALL), EXACT).matches
