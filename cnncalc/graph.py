"""Graph: the network with every shape known."""

import re
from collections.abc import Callable

from msgspec import Struct

from cnncalc.layers import Layer
from cnncalc.layers.base import Operations, Weightless, Windows
from cnncalc.problems import Place
from cnncalc.shapes import Layout, Shape
from cnncalc.window import UNCHANGED


class Input(Weightless, frozen=True):
    """The tensor that enters the network: the first node of every graph."""

    kind = "input"
    family = "shape"

    def output(self, x: Shape) -> Shape:
        return x

    def windows(self, x: Shape) -> Windows:
        return (UNCHANGED,) * x.rank

    def operations(self, x: Shape) -> Operations:
        return {}


class Node(Struct, frozen=True, gc=False):
    """One layer in its place. `inputs` and `shares` are positions in the graph's nodes.

    `reads` are the shapes of its inputs, `shape` that of its output.
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
    """A directed acyclic graph, every node after those that it reads; node 0 is the input.

    `names` maps the name of every layer, block, repeat and branch to the node that gives its
    output; `groups` says what stands behind a name that covers several layers.
    """

    nodes: tuple[Node, ...]
    output: int
    layout: Layout
    names: dict[str, int]
    groups: dict[str, str]

    @property
    def layers(self) -> tuple[Node, ...]:
        """All nodes but the input."""
        return self.nodes[1:]


WILD = {"*": ".*", "?": "."}


def matches_subtree(pattern: str) -> Callable[[str], bool]:
    """A test whether a layer's name is what `pattern` names, or stands inside it.

    `stage1.*` and `stage1` both cover `stage1.0.conv1`.
    """
    named = "".join(WILD.get(sign) or re.escape(sign) for sign in pattern)
    matches = re.compile(rf"{named}(\..*)?", re.DOTALL).fullmatch
    return lambda name: matches(name) is not None


ONE_BY_ONE = {"**.": r"(?:.*\.)?", "**": ".*", "*": r"[^.]*", "?": "[^.]"}


def is_pattern(name: str) -> bool:
    """Whether a name has signs that stand for others."""
    return any(sign in name for sign in WILD)


def naming(pattern: str) -> Callable[[str], bool]:
    """A test whether `pattern` names exactly this: `*` stands for one part of a name, `**` for any number.

    `stage4.*` names `stage4.0`, but not what is inside it; `**.conv1` every layer called conv1.
    """
    signs = re.findall(r"\*\*\.|\*\*|\*|\?|[^*?]+", pattern)
    matches = re.compile("".join(ONE_BY_ONE.get(sign) or re.escape(sign) for sign in signs)).fullmatch
    return lambda name: matches(name) is not None
