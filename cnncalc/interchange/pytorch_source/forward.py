"""The lines of `forward`: which variable holds which tensor."""

from collections.abc import Collection, Sequence

from msgspec import Struct

from cnncalc.interchange.pytorch_source.identifiers import IN_SOURCE, unique, variable

SHORT = ("x", "y", "z")
"""Variables for tensors that only the next lines read."""


class ForwardStep(Struct, frozen=True):
    """One line: the tensors that it reads and gives; `names` are for those that live longer."""

    names: tuple[str, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class Variables:
    """Assigns variables to the tensors of a module's steps.

    A tensor that only the next step reads is x, y or z, whichever is free; one that is read later, or more
    than once, has a name of its own, as have lists, and each of several results. Tensors below 0, and those
    that nothing reads, are needed in the step only.
    """

    def __init__(
        self,
        entries: dict[int, str],
        steps: Sequence[ForwardStep],
        ends: Collection[int],
        lists: Collection[int] = (),
    ) -> None:
        self.named = {*lists, *(ends if len(ends) > 1 else ())}
        self.lists = frozenset(lists)
        self.holds = dict(entries)
        self.taken = {*entries.values(), *IN_SOURCE}
        self.steps = steps
        self.last: dict[int, int] = {}
        self.uses: dict[int, list[int]] = {}
        for number, step in enumerate(steps):
            for read in step.inputs:
                self.last[read] = number
                self.uses.setdefault(read, []).append(number)
        for end in ends:
            self.last[end] = len(steps)
            self.uses.setdefault(end, []).append(len(steps))

    def names(self, tensors: Sequence[int]) -> list[str]:
        return [self.holds[each] for each in tensors]

    def assign(self, number: int) -> list[str]:
        """The variables of what a step gives; to be called in order."""
        step = self.steps[number]
        free = [
            self.holds.pop(each)
            for each in step.inputs
            if self.last.get(each) == number and each in self.holds
        ]
        self.taken.difference_update(free)
        is_one = sum(self.is_read(each) and each not in self.lists for each in step.outputs) <= 1
        for output, own in zip(step.outputs, step.names, strict=True):
            is_short = output not in self.named and (is_one or not self.is_read(output))
            name = self._name(own, output, number, free if is_short else None)
            self.taken.add(name)
            if name in free:
                free.remove(name)
            self.holds[output] = name
        names = self.names(step.outputs)
        self.taken.difference_update(
            [self.holds.pop(each) for each in step.outputs if not self.is_read(each)]
        )
        return names

    def is_read(self, output: int) -> bool:
        """Whether a later step reads a tensor, or it is returned."""
        return output in self.uses

    def _name(self, own: str, output: int, number: int, free: list[str] | None) -> str:
        """A short name, if the tensor may have one: one of the free ones if possible."""
        is_short = not self.is_read(output) or self.uses[output] == [number + 1]
        is_short = is_short or self.last.get(output) == len(self.steps)
        if is_short and free is not None:
            for name in (*(each for each in SHORT if each in free), *SHORT):
                if name not in self.taken:
                    return name
        own = variable(own)
        return unique(f"{own}_" if own in SHORT else own, self.taken)
