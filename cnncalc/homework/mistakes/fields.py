"""Mistakes in receptive fields: the recurrence with a term changed, computed through the network."""

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
    "j": "jump of the layer's input: the product of all previous strides",
    "k": "kernel size",
    "d": "dilation",
    "s": "stride",
}
RIGHT_SIZE, RIGHT_JUMP = "r + d*(k - 1)*j", "j * s"

NOTHING_GIVEN: Mapping[int, Fraction] = MappingProxyType({})
State = tuple[tuple[Fraction, Fraction], ...]
"""Receptive field and jump along each axis."""


class FieldMistake(Struct, frozen=True):
    """A mistake in receptive fields: the recurrences for field and jump, and the initial field."""

    name: str
    says: str
    size: str = RIGHT_SIZE
    jump: str = RIGHT_JUMP
    start: int = 1
    follows: Literal["all", "poolings", "others"] = "all"

    def ignores(self, node: Node) -> bool:
        """Whether it ignores a layer."""
        return self.follows != "all" and (node.layer.family == "pool") == (self.follows == "others")


RIGHT = FieldMistake("right", "")
"""No mistake at all."""

FREQUENT_IN_FIELDS = (
    FieldMistake("forgot-jump", "previous strides are missing; each kernel adds (k − 1) × jump", jump="j"),
    FieldMistake("kernel-for-gaps", "the whole kernel was added; only k − 1 positions are new", "r + d*k*j"),
    FieldMistake(
        "ignored-dilation", "the dilation was ignored; it spreads the kernel positions", "r + (k - 1)*j"
    ),
    FieldMistake(
        "jump-too-early",
        "the layer's own stride was included; only previous strides count",
        "r + d*(k - 1)*j*s",
    ),
)
"""Also tried after an earlier error of the student."""

FIELD_MISTAKES = (
    *FREQUENT_IN_FIELDS,
    FieldMistake(
        "forgot-first-pixel", "the first position is missing; a receptive field starts at one pixel", start=0
    ),
    FieldMistake(
        "forgot-pooling",
        "the pooling layers are missing; they also enlarge field and jump",
        follows="others",
    ),
    FieldMistake("forgot-convolutions", "only the pooling layers were counted", follows="poolings"),
    FieldMistake(
        "own-kernel",
        "this is the last layer's field on its own input, not on the network's input",
        "d*(k - 1) + 1",
    ),
    FieldMistake("wrong-way-round", "the layers were taken in reverse order", "(r - 1)*s + d*(k - 1) + 1"),
    FieldMistake(
        "product-of-kernels", "the kernel sizes were multiplied; each kernel adds (k − 1) × jump", "r * k"
    ),
    FieldMistake("strides-added", "the strides were added; they must be multiplied", jump="j + s"),
    FieldMistake("times-stride", "the whole field was multiplied by the stride", "(r + d*(k - 1)) * s", "j"),
)
"""Likeliest first."""


@cache
def _formula(text: str) -> Formula:
    return Formula(text, **{name: each for name, each in MEANINGS.items() if name in text})


def followed(
    graph: Graph, mistake: FieldMistake, given: Mapping[int, Fraction] = NOTHING_GIVEN
) -> list[State | None]:
    """Field and jump of every node with this mistake; None where they cannot be computed.

    `given` fixes the fields of some nodes.
    """
    size, jump = _formula(mistake.size), _formula(mistake.jump)
    start = Fraction(mistake.start), Fraction(1)
    states: list[State | None] = [(start,) * node.shape.rank for node in graph.inputs]
    for node in graph.layers:
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
    if mistake.ignores(node) or (windows and all(window is UNCHANGED for window in windows)):
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
    """The field of a state, one number if all axes agree."""
    if not state:
        return None
    return one_for_all(tuple(_plain(size) for size, _ in state))


def jumps_of_state(state: State | None) -> Value | None:
    """The jump of a state, one number if all axes agree."""
    return one_for_all(tuple(_plain(jump) for _, jump in state)) if state else None


def _plain(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def repeated_parts(graph: Graph, node: int) -> list[int]:
    """The sums of the fields of a chain's equal parts, for every way to divide it."""
    chain = _chain(graph, node)
    found = []
    for parts in range(2, len(chain) + 1):
        length, remainder = divmod(len(chain), parts)
        if remainder or chain[:length] * parts != chain:
            continue
        field, jump = 1, 1
        for kernel, dilation, stride in chain[:length]:
            field, jump = field + dilation * (kernel - 1) * jump, jump * stride
        found.append(parts * field)
    return found


def sum_and_product(graph: Graph, node: int) -> tuple[int, int]:
    """The sum and the product of a chain's kernel sizes."""
    kernels = [kernel for kernel, _, _ in _chain(graph, node)]
    return sum(kernels), prod(kernels) if len(kernels) < 20 else 0


def _chain(graph: Graph, node: int) -> list[tuple[int, int, int]]:
    """Kernel, dilation and stride along the first axis up to a node; empty if it is not on a chain."""
    steps: list[tuple[int, int, int]] = []
    while node >= graph.entries:
        each = graph.nodes[node]
        windows = windows_of(each.layer, each.reads)
        if len(each.inputs) != 1 or not windows or not isinstance(windows[0], Window):
            return []
        if windows[0] is not UNCHANGED:
            steps.append((windows[0].kernel, windows[0].dilation, windows[0].stride))
        node = each.inputs[0]
    return steps[::-1]
