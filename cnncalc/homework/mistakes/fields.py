"""The mistakes about receptive fields: the recurrence with a term changed, followed through the network."""

from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from math import prod
from types import MappingProxyType
from typing import Literal

from msgspec import Struct

from cnncalc.formula import Formula
from cnncalc.graph import Graph, Node
from cnncalc.homework.quantities import Value, one_for_all, windows_of
from cnncalc.window import UNCHANGED, Window

MEANINGS = {
    "r": "receptive field of the layer's input",
    "j": "jump of the layer's input: the product of the strides before it",
    "k": "kernel size",
    "d": "dilation",
    "s": "stride",
}
RIGHT_SIZE, RIGHT_JUMP = "r + d*(k - 1)*j", "j * s"

NOTHING_GIVEN: Mapping[int, Fraction] = MappingProxyType({})
State = tuple[tuple[Fraction, Fraction], ...]
"""The field and the jump along each axis."""


class FieldMistake(Struct, frozen=True):
    """A mistake about fields: how field and jump go on from layer to layer, and where they begin."""

    name: str
    says: str
    size: str = RIGHT_SIZE
    jump: str = RIGHT_JUMP
    start: int = 1
    follows: Literal["all", "poolings", "others"] = "all"

    def passes(self, node: Node) -> bool:
        """Whether it forgets a layer altogether."""
        return self.follows != "all" and (node.layer.family == "pool") == (self.follows == "others")


RIGHT = FieldMistake("right", "")
"""No mistake at all."""

FREQUENT_IN_FIELDS = (
    FieldMistake(
        "forgot-jump", "the strides before are forgotten: each k − 1 is multiplied with the jump", jump="j"
    ),
    FieldMistake("kernel-for-gaps", "the whole kernel is added; only k − 1 positions are new", "r + d*k*j"),
    FieldMistake("ignored-dilation", "the dilation is ignored: the taps lie further apart", "r + (k - 1)*j"),
    FieldMistake(
        "jump-too-early",
        "the layer's own stride is multiplied in; only the strides before it count",
        "r + d*(k - 1)*j*s",
    ),
)
"""Looked for also behind an earlier error of the student."""

FIELD_MISTAKES = (
    *FREQUENT_IN_FIELDS,
    FieldMistake(
        "forgot-first-pixel", "the first position is forgotten: a field begins with one pixel", start=0
    ),
    FieldMistake(
        "forgot-pooling",
        "the poolings are left out; they widen the field and the jump, too",
        follows="others",
    ),
    FieldMistake("forgot-convolutions", "only the poolings are followed", follows="poolings"),
    FieldMistake("own-kernel", "this is what the last kernel sees of its own input", "d*(k - 1) + 1"),
    FieldMistake("wrong-way-round", "the layers are taken the wrong way round", "(r - 1)*s + d*(k - 1) + 1"),
    FieldMistake("product-of-kernels", "the kernels are multiplied; each adds k − 1 times the jump", "r * k"),
    FieldMistake("strides-added", "the strides are added; they multiply", jump="j + s"),
    FieldMistake("times-stride", "the whole field is multiplied with the stride", "(r + d*(k - 1)) * s", "j"),
)
"""In the order of likelihood."""


@cache
def _formula(text: str) -> Formula:
    return Formula(text, **{name: said for name, said in MEANINGS.items() if name in text})


def followed(
    graph: Graph, mistake: FieldMistake, given: Mapping[int, Fraction] = NOTHING_GIVEN
) -> list[State | None]:
    """Field and jump of every node with this mistake; None where they cannot be followed.

    `given` are fields that nodes are taken to have, whatever comes before.
    """
    size, jump = _formula(mistake.size), _formula(mistake.jump)
    start = Fraction(mistake.start), Fraction(1)
    states: list[State | None] = [(start,) * graph.nodes[0].shape.rank]
    for node in graph.nodes[1:]:
        state = _through(node, [states[at] for at in node.inputs], mistake, size, jump)
        if len(states) in given and state is not None:
            state = tuple((given[len(states)], jump_there) for _, jump_there in state)
        states.append(state)
    return states


def _through(
    node: Node, entering: list[State | None], mistake: FieldMistake, size: Formula, jump: Formula
) -> State | None:
    known = [state for state in entering if state is not None]
    if len(known) < len(entering) or len({len(state) for state in known}) != 1:
        return None
    if len(known) > 1:
        return tuple(max(axis) for axis in zip(*known, strict=True))
    windows = windows_of(node.layer, node.reads)
    if mistake.passes(node) or (windows and all(window is UNCHANGED for window in windows)):
        return known[0]
    plain = [window for window in windows if isinstance(window, Window)]
    if len(plain) != len(known[0]) or not plain:
        return None
    return tuple(
        (_evaluated(size, state, window), _evaluated(jump, state, window))
        for state, window in zip(known[0], plain, strict=True)
    )


def _evaluated(formula: Formula, state: tuple[Fraction, Fraction], window: Window) -> Fraction:
    r, j = state
    known = {"r": r, "j": j, "k": window.kernel, "d": window.dilation, "s": window.stride}
    return Fraction(formula.evaluate(**{name: known[name] for name in formula.meanings}))


def sizes_of_state(state: State | None) -> Value | None:
    """The field of a state, one number where all axes agree."""
    if not state:
        return None
    return one_for_all(tuple(_plain(size) for size, _ in state))


def jumps_of_state(state: State | None) -> Value | None:
    """The jump of a state, one number where all axes agree."""
    return one_for_all(tuple(_plain(jump) for _, jump in state)) if state else None


def _plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def repeated_parts(graph: Graph, node: int) -> list[int]:
    """What comes out when equal parts of a chain are followed one by one and their fields added up."""
    chain = _chain(graph, node)
    found = []
    for parts in range(2, len(chain) + 1):
        length, rest = divmod(len(chain), parts)
        if rest or chain[:length] * parts != chain:
            continue
        field, jump = 1, 1
        for kernel, dilation, stride in chain[:length]:
            field, jump = field + dilation * (kernel - 1) * jump, jump * stride
        found.append(parts * field)
    return found


def sum_and_product(graph: Graph, node: int) -> tuple[int, int]:
    """The kernels of a chain added up, and multiplied."""
    kernels = [kernel for kernel, _, _ in _chain(graph, node)]
    return sum(kernels), prod(kernels) if len(kernels) < 20 else 0


def _chain(graph: Graph, node: int) -> list[tuple[int, int, int]]:
    """Kernel, dilation and stride of the windows on the way to a node, on the first axis; [] off a chain."""
    steps: list[tuple[int, int, int]] = []
    while node:
        each = graph.nodes[node]
        windows = windows_of(each.layer, each.reads)
        if len(each.inputs) != 1 or not windows or not isinstance(windows[0], Window):
            return []
        if windows[0] is not UNCHANGED:
            steps.append((windows[0].kernel, windows[0].dilation, windows[0].stride))
        node = each.inputs[0]
    return steps[::-1]
