"""Graph: the network with all shapes computed."""

import re
from collections.abc import Callable

from msgspec import Struct

from cnncalc.layers import Layer
from cnncalc.layers.base import Operations, Weightless, Windows
from cnncalc.problems import Place
from cnncalc.shapes import Layout, Shape
from cnncalc.window import UNCHANGED


class Input(Weightless, frozen=True):
    """The network's input tensor: the first node of every graph."""

    kind = "input"
    family = "shape"

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def operations(self, x: Shape) -> Operations:
        return {}


class Node(Struct, frozen=True, gc=False):
    """One layer of a graph. `inputs` and `shares` are indices into the graph's nodes.

    `reads` holds the shapes of its inputs, `shape` the shape of its output.
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


class Graph(Struct, frozen=True):
    """A directed acyclic graph in topological order; node 0 is the input.

    `names` maps the name of every layer, block, repeat and branch to its output node; `groups` says
    what kind of construct a name with several layers is.
    """

    nodes: tuple[Node, ...]
    output: int
    layout: Layout
    names: dict[str, int]
    groups: dict[str, str]

    @property
    def layers(self) -> tuple[Node, ...]:
        """All nodes except the input."""
        return self.nodes[1:]


WILD = {"*": ".*", "?": "."}


def matches_subtree(pattern: str) -> Callable[[str], bool]:
    """Return a predicate: is a layer named by `pattern`, or inside what it names?

    `stage1.*` and `stage1` both match `stage1.0.conv1`.
    """
    named = "".join(WILD.get(sign) or re.escape(sign) for sign in pattern)
    matches = re.compile(rf"{named}(\..*)?", re.DOTALL).fullmatch
    return lambda name: matches(name) is not None


ONE_BY_ONE = {"**.": r"(?:.*\.)?", "**": ".*", "*": r"[^.]*", "?": "[^.]"}


def is_pattern(name: str) -> bool:
    """Whether a name contains wildcards."""
    return any(sign in name for sign in WILD)


def naming(pattern: str) -> Callable[[str], bool]:
    """Return a predicate: does `pattern` match a name exactly? `*` matches one part, `**` any number.

    `stage4.*` matches `stage4.0` but not the layers inside it; `**.conv1` matches every conv1.
    """
    signs = re.findall(r"\*\*\.|\*\*|\*|\?|[^*?]+", pattern)
    matches = re.compile("".join(ONE_BY_ONE.get(sign) or re.escape(sign) for sign in signs)).fullmatch
    return lambda name: matches(name) is not None
