"""Checks that a spec says what comes after an item that may be left out.

If `when` or `repeat: 0` leaves out an item that reads another tensor than the item before it, what follows
could continue from either. The spec has to choose, with `otherwise` or `aside`. Whether the choice is
missing depends on the text alone, never on the value of a condition.
"""

from collections.abc import Iterator

from cnncalc.layers import Merge
from cnncalc.problems import Findings, Problem, did_you_mean
from cnncalc.spec.reader import Node, Scalar
from cnncalc.spec.statements import Branch, LayerList, Statement
from cnncalc.spec.values import literal

CHOICES = ("pass", "drop")


def check_trunk(
    layers: LayerList, findings: Findings, end_is_read: bool = True, depth: int = 0, entry: str = "input"
) -> None:
    """Checks a list and its branches.

    `end_is_read` says whether something reads the output of the list, and `entry` what is before its first
    item: nothing in a network with several inputs.
    """
    before, is_read = "", _are_read(layers, end_is_read)
    for at, statement in enumerate(layers.statements):
        for problem in _wrong_words(statement):
            findings.add(problem)
        if depth and not before and _source(statement) == "input":
            findings.add(_does_nothing(statement.around["from"]))
        if is_read[at] and _is_unclear(statement, before, depth):
            findings.add(_unclear(layers, at, before or entry))
        for branch in _branches(statement):
            check_trunk(branch.layers, findings, depth=depth + 1)
        before = before if is_aside(statement) else layers.names[at]


def is_aside(statement: Statement) -> bool:
    """Whether only a name reads this item: what follows continues from before it."""
    return literal(_text(statement.around.get("aside"))) is True


def is_dropped(statement: Statement) -> bool:
    """Whether this item, if it is left out, has no output that a name can read."""
    choice = _text(statement.around.get("otherwise"))
    return choice == "drop" or (not choice and is_aside(statement))


def may_be_left_out(statement: Statement) -> bool:
    """Whether some value of a condition or of a repeat count leaves the item out."""
    repeat = statement.around.get("repeat")
    if "when" in statement.around or repeat is None:
        return "when" in statement.around
    count = literal(_text(repeat))
    return count is None or count == 0


def _text(node: Node | None) -> str:
    return node.text if isinstance(node, Scalar) else ""


def _source(statement: Statement) -> str:
    """The tensor that `from` names; without it the previous one."""
    return _text(statement.around.get("from")) or "prev"


def _branches(statement: Statement) -> Iterator[Branch]:
    return (join for join in statement.joins if isinstance(join, Branch))


def _is_unclear(statement: Statement, before: str, depth: int) -> bool:
    """Whether the item reads another tensor than the item before it, may be left out, and says no more."""
    if is_aside(statement) or "otherwise" in statement.around or not may_be_left_out(statement):
        return False
    same = {"prev", before} if before else {"prev", "input"} | ({"entry"} if not depth else set())
    return _source(statement) not in same


def _are_read(layers: LayerList, end_is_read: bool) -> list[bool]:
    """For each item, whether something reads what it hands on."""
    found = [end_is_read] * len(layers.statements)
    for at in range(len(found) - 2, -1, -1):
        following = layers.statements[at + 1]
        goes_on = is_aside(following) or (may_be_left_out(following) and _continues(following))
        found[at] = _reads(following, ("prev",)) or (goes_on and found[at + 1])
    return found


def _continues(statement: Statement) -> bool:
    """Whether, if the item is left out, what follows reads what came before it."""
    return "from" not in statement.around or _text(statement.around.get("otherwise")) != "pass"


def _reads(statement: Statement, names: tuple[str, ...]) -> bool:
    """Whether an item reads the tensor with one of these names, such as the previous one."""
    if "from" in statement.around:
        return _source(statement) in names
    if statement.kind is None or not issubclass(statement.kind, Merge):
        return "prev" in names
    return any(
        join.text in names if isinstance(join, Scalar) else "prev" in names and _branch_reads(join.layers)
        for join in statement.joins
    )


def _branch_reads(layers: LayerList) -> bool:
    """Whether a branch reads what entered it: by its first item, or as `input`."""
    if not layers.statements:
        return True
    first, *others = (each for each in layers.statements)
    return _reads(first, ("prev", "input")) or any(_reads(each, ("input",)) for each in others)


def _wrong_words(statement: Statement) -> Iterator[Problem]:
    otherwise, aside = statement.around.get("otherwise"), statement.around.get("aside")
    if aside is not None and not isinstance(literal(_text(aside)), bool):
        yield Problem("bad-aside", "aside must be true or false", aside.place, "write `aside: true`")
    if otherwise is None:
        return
    if _text(otherwise) not in CHOICES:
        hint = did_you_mean(_text(otherwise), list(CHOICES))
        yield Problem("bad-otherwise", "otherwise must be pass or drop", otherwise.place, hint)
    elif not may_be_left_out(statement):
        message = "`otherwise` has no effect: nothing leaves this item out"
        yield Problem("bad-otherwise", message, otherwise.place, "add a `when`, or remove `otherwise`")


def _does_nothing(node: Node) -> Problem:
    message = "`from: input` has no effect at the start of a branch: `input` is what entered the branch"
    hint = "write `from: entry` for what entered the block, or remove it"
    return Problem("branch-input", message, node.place, hint, level="warning")


def _unclear(layers: LayerList, at: int, before: str) -> Problem:
    """An item whose absence could lead to either of two tensors."""
    statement = layers.statements[at]
    key = "when" if "when" in statement.around else "repeat"
    source, behind = _source(statement), before
    if not behind:
        message = f"if `{key}` leaves {layers.names[at]} out, nothing is before what follows"
        hint = f"add `otherwise: pass` to continue from {source}, or `otherwise: drop` if that has a `from`"
        return Problem("unclear-source", message, statement.around[key].place, hint, layer=layers.names[at])
    message = (
        f"if `{key}` leaves {layers.names[at]} out, what follows could continue from {source}, which it "
        f"reads, or from {behind}, which is before it"
    )
    hint = (
        f"add `otherwise: pass` to continue from {source}, `otherwise: drop` to continue from {behind} as if "
        f"the item were not written, or `aside: true` to continue from {behind} in any case"
    )
    return Problem("unclear-source", message, statement.around[key].place, hint, layer=layers.names[at])
