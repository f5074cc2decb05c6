"""Parameters and buffers that a module holds but never uses, in evaluation or in training."""

from collections.abc import Iterator, Sequence
from math import prod

from cnncalc.interchange.pytorch.traces import Recording

MOST_NAMED = 5
"""Modules that a note names."""


def never_used(names: Sequence[str], runs: Sequence[Recording]) -> bool:
    """Whether no call of any of these runs reads any of these tensors."""
    return not any(name in run.used for name in names for run in runs)


def left_out(names: Sequence[str], runs: Sequence[Recording]) -> str:
    """The note that tensors are not part of a spec because nothing uses them; empty if there are none."""
    found = dict.fromkeys(_outermost(name, runs) for name in names)
    if not found:
        return ""
    sizes = [f"{owner} ({_size(owner, names, runs[0])})" for owner in found]
    more = [f"and {len(sizes) - MOST_NAMED} more"] if len(sizes) > MOST_NAMED else []
    return f"never used and left out: {', '.join((*sizes[:MOST_NAMED], *more))}"


def _outermost(name: str, runs: Sequence[Recording]) -> str:
    """The largest module with this tensor of which nothing is used; the tensor itself if there is none."""
    parts = name.split(".")
    for end in range(1, len(parts)):
        owner = ".".join(parts[:end])
        if never_used([*_inside(owner, runs[0])], runs):
            return owner
    return name


def _inside(owner: str, run: Recording) -> Iterator[str]:
    """The tensors of a module by their names in the whole, or the tensor of this name."""
    return (name for name in run.weights if name == owner or name.startswith(f"{owner}."))


def _size(owner: str, names: Sequence[str], run: Recording) -> str:
    """The numbers of parameters and buffer values of a module, in words."""
    given = {*names}
    found = [run.weights[name] for name in _inside(owner, run) if name in given]
    learned = sum(prod(each.stored) for each in found if each.learned)
    others = sum(prod(each.stored) for each in found if not each.learned)
    words = (f"{learned:,} parameter{'s' * (learned != 1)}", f"{others:,} buffer value{'s' * (others != 1)}")
    return " and ".join(word for word, number in zip(words, (learned, others), strict=True) if number)
