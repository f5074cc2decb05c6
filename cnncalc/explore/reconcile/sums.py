"""Sums that a published number may mean: of a network's parts, or as tools count them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations
from math import prod

from msgspec import Struct

from cnncalc.analysis.conventions import PROFILES
from cnncalc.analysis.report import Row
from cnncalc.choices import Tool
from cnncalc.explore.reconcile.calls import pooling_of_nothing
from cnncalc.explore.reconcile.nearby import Nearby
from cnncalc.layers.base import Family
from cnncalc.layers.normalization import BatchNorm

MACS = "multiply-adds of conv and dense"
PRODUCTS = "multiply-adds of attention and other layers"
OPERATIONS = {
    "biases": "biases",
    "norms": "norms",
    "activations": "activations",
    "pooling": "pooling",
    "joins": "merges",
    "others": "other layers",
}
"""What may be counted in addition to multiply-adds, with its name in sums."""
GROUPS: dict[Family, str] = {
    "norm": "norms",
    "activation": "activations",
    "pool": "pooling",
    "merge": "joins",
}
"""Layer families with their own name in sums; all others are "others"."""
CALLED: dict[Tool, str] = {"torch": "torch.utils.flop_counter", "lecture": "the lecture"}

LEFT_OUT = {"dense": "dense layers", "biases": "biases", "norms": "norms", "frozen": "frozen parameters"}
"""What a number of parameters may omit."""
ADDED = {
    "buffers": "running statistics",
    "counters": "PyTorch's batch counters",
    "unbiased": "biases for filters without bias",
    "shared": "shared weights counted twice",
}
"""What it may include: buffers as in Keras, biases as in Keras's ResNet."""

MOST_EXTRAS = 3
EXTRA, TOOL, TWICE = 2, 1, 3
"""Steps of each addition or omission, of a tool's count, and of twice a tool's count."""

Amounts = Counter[tuple[str, str]]
"""Operations by group of layers and kind."""


class Part(Struct, frozen=True):
    """A named summand, multiplied by `factor`; negative factors subtract."""

    name: str
    number: int
    factor: int = 1

    @property
    def value(self) -> int:
        return self.factor * self.number

    def times(self, factor: int) -> "Part":
        return Part(self.name, self.number, self.factor * factor)


class Sum(Struct, frozen=True):
    """A total, its title, and how far it is from the most likely meaning.

    Of two matching sums on the same `base`, the one with fewer `extras` is preferred. `word` is a tool's own
    name for the total, and `tool` the one that counts so.
    """

    title: str
    parts: tuple[Part, ...]
    steps: int
    base: str
    extras: frozenset[str] = frozenset()
    word: str = ""
    tool: Tool | None = None

    @property
    def total(self) -> int:
        return sum(part.value for part in self.parts)

    def itself(self) -> "Sum":
        return self


def group_of(row: Row) -> str:
    """The group of a layer in sums: conv, dense, or one in OPERATIONS."""
    if row.layer is None:
        return "others"
    if row.neurons:
        return "dense" if row.layer.family == "dense" else "conv"
    return GROUPS.get(row.layer.family, "others")


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


def _chosen(names: list[str]) -> list[tuple[str, ...]]:
    """Subsets of a few names, and all names."""
    few = [each for size in range(MOST_EXTRAS + 1) for each in combinations(names, size)]
    return few if len(names) <= MOST_EXTRAS else [*few, tuple(names)]


class PossibleSum(Struct, frozen=True):
    """A total, its steps, and how to write it as a sum: few of many thousands are written."""

    total: int
    steps: int
    written: Callable[[], Sum]


def possible_sums(network: Nearby, quantity: str, most_steps: int) -> Iterator[PossibleSum]:
    """Every total that a network's `params`, `macs` or `flops` may mean, of at most so many steps."""
    if quantity == "params":
        sums = sums_of_parameters(network)
    else:
        sums = _sums_by_hand_of(network, quantity)
        for tool in PROFILES:
            yield from _sums_of_tool(network, tool, most_steps)
    for each in sums:
        if each.steps <= most_steps:
            yield PossibleSum(each.total, each.steps, each.itself)


def _sums_by_hand_of(network: Nearby, quantity: str) -> Iterator[Sum]:
    amounts = _operations(network.rows)
    for factor in (1, 2):
        for with_dense in (True, False) if amounts["dense", "macs"] else (True,):
            yield from _sums_by_hand(amounts, quantity, factor, with_dense)


def _operations(rows: tuple[Row, ...]) -> Amounts:
    """Operations of each group; multiply-adds and biases of conv and dense layers separately."""
    amounts: Amounts = Counter()
    for row in rows:
        group = group_of(row)
        if row.neurons:
            amounts[group, "macs"] += row.costs.macs
            amounts[group, "biases"] += row.costs.adds
        else:
            amounts["products", "macs"] += row.costs.macs
            amounts["", group] += row.costs.flops - 2 * row.costs.macs
    return amounts


def _sums_by_hand(amounts: Amounts, quantity: str, factor: int, with_dense: bool) -> Iterator[Sum]:
    """Multiply-adds alone, and with other operations."""
    base = [Part(MACS, amounts["conv", "macs"] + amounts["dense", "macs"], factor)]
    if amounts["products", "macs"]:
        base.append(Part(PRODUCTS, amounts["products", "macs"], factor))
    biases = amounts["conv", "biases"] + (amounts["dense", "biases"] if with_dense else 0)
    if not with_dense:
        base.append(Part("multiply-adds of dense", amounts["dense", "macs"], -factor))
    extras = {name: amounts["", name] for name in OPERATIONS} | {"biases": biases}
    present = [name for name, number in extras.items() if number]
    for names in _chosen(present):
        parts = (*base, *(Part(OPERATIONS[name], extras[name]) for name in names))
        chosen = {*names} if with_dense else {*names, "dense"}
        steps = factor - 1 + EXTRA * len(chosen)
        title, key = _title(factor, with_dense, names), str(factor)
        if with_dense and not names and factor == 1:
            title = f"cnncalc's MACs: {title}" if quantity == "macs" else f"{title}, each counted once"
        if with_dense and names == tuple(present) and factor == 2:
            title, key, steps = f"cnncalc's FLOPs: {title}", "all", int(quantity == "macs")
        yield Sum(title, parts, steps, key, frozenset(chosen))


def _title(factor: int, with_dense: bool, extras: tuple[str, ...]) -> str:
    first = ("2 × " if factor == 2 else "") + "multiply-adds" + ("" if with_dense else " (without dense)")
    return listed([first, *(OPERATIONS[name] for name in extras)])


def _sums_of_tool(network: Nearby, tool: Tool, most_steps: int) -> Iterator[PossibleSum]:
    """A tool's totals for each quantity that includes convolutions, with other calls, and twice."""
    for number, quantity in enumerate(PROFILES[tool].quantities):
        counted = network.counted(tool, number)
        core = sum(count for row, count in zip(network.rows, counted, strict=True) if row.neurons)
        if not any(counted) or (not core and any(row.neurons for row in network.rows)):
            continue
        of_tool = _OfTool(network, tool, number, quantity, counted)
        yield from of_tool.possible_sums(most_steps)
        if most_steps >= TWICE and of_tool.parts[0].factor == 1:
            yield PossibleSum(2 * sum(counted), TWICE, of_tool.twice)


class _OfTool:
    """What one tool may print for a quantity."""

    def __init__(
        self, network: Nearby, tool: Tool, number: int, quantity: str, counted: Sequence[int]
    ) -> None:
        self.network, self.tool, self.quantity, self.counted = network, tool, quantity, counted
        self.title = f"{quantity} as counted by {CALLED.get(tool, tool)}"
        self.parts = _parts(network.rows, counted)
        self.key = f"{tool} {quantity}" if number else tool
        self.poolings = [each for each in pooling_of_nothing(network.rows, tool, number) if each[1]]

    def possible_sums(self, most_steps: int) -> Iterator[PossibleSum]:
        """The tool's total, if layers are modules or called otherwise, and with a pooling of nothing."""
        total = sum(self.counted)
        for each in self.network.selected.together(self.key, self.counted, most_steps - TOOL):
            number = total + sum(change for _, change in each.changes)
            steps = TOOL + each.steps
            yield PossibleSum(number, steps, partial(self.written, each.changes, steps))
            for pooling in self.poolings if steps < most_steps else ():
                changes = (*each.changes, pooling)
                yield PossibleSum(number + pooling[1], steps + 1, partial(self.written, changes, steps + 1))

    def written(self, changes: tuple[tuple[str, int], ...], steps: int) -> Sum:
        titles = [title for title, _ in changes]
        title = f"{self.title}, with {listed(titles)}" if titles else self.title
        parts = (Part(name, abs(number), 1 if number > 0 else -1) for name, number in changes)
        word = self.tool if titles else self.quantity
        return Sum(title, (*self.parts, *parts), steps, self.title, frozenset(titles), word, self.tool)

    def twice(self) -> Sum:
        title = f"twice the {self.title}"
        parts = tuple(part.times(2) for part in self.parts)
        return Sum(title, parts, TWICE, title, word=self.quantity, tool=self.tool)


def _parts(rows: Sequence[Row], counted: Sequence[int]) -> tuple[Part, ...]:
    """A tool's count by group; multiply-adds and biases of conv and dense layers separately."""
    groups: Counter[str] = Counter()
    for row, count in zip(rows, counted, strict=True):
        groups["" if row.neurons else group_of(row)] += count
    core = groups.pop("", 0)
    others = [Part(OPERATIONS[group], count) for group, count in groups.items() if count]
    macs = sum(row.costs.macs for row in rows if row.neurons)
    biases = sum(row.costs.adds for row in rows if row.neurons)
    for factor in (1, 2):
        if macs and 0 <= core - factor * macs <= biases:
            bias = Part(OPERATIONS["biases"], core - factor * macs)
            return (Part(MACS, macs, factor), *([bias] if bias.number else []), *others)
    return (*([Part("conv and dense by the tool's rules", core)] if core else []), *others)


def sums_of_parameters(network: Nearby) -> Iterator[Sum]:
    """Sums that may be called a network's parameters."""
    added = {name: _added(network.rows, name) for name in ADDED}
    present = [name for name, number in added.items() if number]
    for less in (each for size in range(3) for each in combinations(LEFT_OUT, size)):
        base = _parameters(network.rows, less)
        if not all(part.number for part in base):
            continue
        first = "parameters" + (f" (without {listed(LEFT_OUT[name] for name in less)})" if less else "")
        for names in _chosen(present):
            parts = (*base, *(Part(ADDED[name], added[name]) for name in names))
            title = listed([first, *(ADDED[name] for name in names)])
            chosen = frozenset((*less, *names))
            yield Sum(title, parts, EXTRA * len(chosen), "", chosen)


def _parameters(rows: tuple[Row, ...], less: tuple[str, ...]) -> list[Part]:
    """All parameters, and the parts to subtract, without overlap."""
    parts = [Part("parameters", sum(row.params.total for row in rows))]
    for at, name in enumerate(less):
        amount = _left_out(rows, less[: at + 1]) - _left_out(rows, less[:at])
        parts.append(Part(LEFT_OUT[name], amount, -1))
    return parts


def _left_out(rows: tuple[Row, ...], less: tuple[str, ...]) -> int:
    """The parameters that belong to any of these parts."""
    amount = 0
    for row in rows:
        if group_of(row) in less:
            amount += row.params.total
        elif "frozen" in less and row.params.frozen:
            amount += row.params.frozen
        elif "biases" in less and row.neurons:
            amount += row.params.biases
    return amount


def _added(rows: tuple[Row, ...], name: str) -> int:
    match name:
        case "buffers":
            return sum(row.buffers for row in rows)
        case "counters":
            return sum(isinstance(row.layer, BatchNorm) for row in rows)
        case "unbiased":
            return sum(row.output.channels for row in rows if row.neurons and "bias" not in row.weights)
    return sum(prod(dims) for row in rows if row.shares for dims in row.weights.values())
