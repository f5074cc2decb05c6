"""Loops over the modules of a repeat: each passes a tensor to the next one, and may give one for a list."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct

from cnncalc.graph import Node
from cnncalc.interchange.pytorch_source.rules import is_simple
from cnncalc.interchange.pytorch_source.tree import ModuleItem
from cnncalc.layers.merging import Add, Concat

FEWEST = 3
"""Modules that a loop is written for."""


class Loop(Struct, frozen=True):
    """A loop over modules with one input.

    Attributes:
        parts: the modules, in order.
        passed: the place of the tensor that the next module reads among what each gives.
        listed: the tensors of the list, in order; empty if there is none.
        merge: the node that reads the list; -1 if there is none.
    """

    parts: tuple[ModuleItem, ...]
    passed: int
    listed: tuple[int, ...] = ()
    merge: int = -1

    @property
    def end(self) -> int | None:
        """The tensor that the last module passes on, apart from the list."""
        end = self.parts[-1].outputs[self.passed]
        return None if end in self.listed else end


def loop_of(
    parts: Sequence[ModuleItem], nodes: Sequence[Node], readers: Callable[[int], Sequence[int]]
) -> Loop | None:
    """The loop over all modules of a repeat; `readers` has the nodes that read a tensor, -1 for an output."""
    first, count = parts[0], len(parts[0].outputs)
    if len(parts) < FEWEST or len(first.inputs) != 1 or not 1 <= count <= 2:
        return None
    if any(len(each.outputs) != count for each in parts):
        return None
    passed = next((place for place in range(count) if _passes(parts, place)), None)
    if passed is None:
        return None

    def outside(number: int, at: int) -> set[int]:
        """What reads a tensor beside its own module and the next one."""
        inside = {node for part in parts[number : number + 2] for node in part.nodes}
        return {*readers(at)} - inside

    leaks = any(outside(number, part.outputs[passed]) for number, part in enumerate(parts[:-1]))
    if count == 1 and not leaks:
        return Loop(tuple(parts), passed)
    if count == 2 and leaks:
        return None
    listed = [part.outputs[count - 1 - passed] for part in parts]
    return _listing(parts, passed, listed, [outside(*each) for each in enumerate(listed)], nodes)


def _passes(parts: Sequence[ModuleItem], place: int) -> bool:
    """Whether each module reads what the one before it gives at a place."""
    return all(after.inputs == (before.outputs[place],) for before, after in pairwise(parts))


def _listing(
    parts: Sequence[ModuleItem],
    passed: int,
    listed: Sequence[int],
    readers: Sequence[set[int]],
    nodes: Sequence[Node],
) -> Loop | None:
    """The loop with a list, if one merge reads it and nothing else does."""
    merges = readers[0]
    if len(merges) != 1 or any(each != merges for each in readers):
        return None
    (at,) = merges
    if at < 0 or not isinstance(nodes[at].layer, Add | Concat):
        return None
    if not is_simple(nodes[at].layer, nodes[at].reads):
        return None
    inputs = nodes[at].inputs
    start = inputs.index(listed[0])
    if inputs[start : start + len(listed)] != tuple(listed) or len({*inputs}) != len(inputs):
        return None
    return Loop(tuple(parts), passed, tuple(listed), at)


def merged_list(node: Node, terms: Sequence[str], name: str) -> str:
    """The expression of a merge of variables and a list, which is the term `*name`."""
    others = [term for term in terms if not term.startswith("*")]
    if isinstance(node.layer, Add):
        return " + ".join([*others, f"sum({name})"])
    return f"torch.cat([{', '.join(terms)}], dim=1)" if others else f"torch.cat({name}, dim=1)"
