"""One item of a list of layers: which operation, with which arguments, and what surrounds it.

Structure only: what a value is worth is known when the network is built.
"""

import re

from msgspec import Struct

from cnncalc.layers import BY_NAME, Layer, Merge, find_kind, options_of
from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.vocabulary import AROUND, RESERVED, canonical, is_name


class Branch(Struct, frozen=True):
    """A list of layers inside a merge."""

    name: str
    layers: "LayerList"


class Statement(Struct, frozen=True):
    """One operation. `kind` is None where a block is used, whose name is then `block`.

    `rank` is the number of axes that a name such as Conv2d promises, or 0. `joins` are a merge's
    branches and references.
    """

    place: Place
    kind: type[Layer] | None
    block: Scalar | None
    rank: int
    arguments: dict[str, Node]
    around: dict[str, Node]
    joins: tuple[Branch | Scalar, ...] = ()

    @property
    def name(self) -> str:
        """The name that the author gave, or nothing."""
        given = self.around.get("name")
        return given.text if isinstance(given, Scalar) else ""


class LayerList(Struct, frozen=True):
    """A list of layers, and the names that its author took in it."""

    statements: tuple[Statement, ...]
    taken: frozenset[str]


def layer_list(node: Node | None, findings: Findings, what: str = "layers") -> LayerList:
    """The statements of a list; what is wrong with them goes to `findings`."""
    if not isinstance(node, Sequence):
        if node is not None:
            hint = "put each layer on a line of its own, with `- ` in front"
            findings.add(Problem("not-a-list", f"{what} must be a list of layers", node.place, hint))
        return LayerList((), frozenset())
    statements = [statement(item, findings) for item in node.items]
    known = tuple(each for each in statements if each)
    _check_names(known, findings)
    return LayerList(known, frozenset(each.name for each in known if each.name))


def _check_names(statements: tuple[Statement, ...], findings: Findings) -> None:
    first: dict[str, int] = {}
    for each in statements:
        given = each.around.get("name")
        if given is None:
            continue
        if not isinstance(given, Scalar) or not is_name(given.text):
            message = "a name is a word of letters, digits, _ and -"
            hint = f"and none of {', '.join(RESERVED)}"
            findings.add(Problem("bad-name", message, given.place, hint))
        elif given.text in first:
            message = f"the name '{given.text}' is taken (line {first[given.text]})"
            findings.add(
                Problem("duplicate-name", message, given.place, "names are unique in a list of layers")
            )
        else:
            first[given.text] = given.line


def statement(node: Node, findings: Findings) -> Statement | None:
    """The operation that one item writes, or None where it cannot be told."""
    if isinstance(node, Scalar):
        return _bare(node, findings)
    if isinstance(node, Sequence):
        message = "a list inside a list of layers"
        findings.add(Problem("nested-list", message, node.place, "branches stand inside add, mul or concat"))
        return None
    return _mapping(node, findings)


def _bare(node: Scalar, findings: Findings) -> Statement | None:
    kind = find_kind(node.text)
    if kind:
        return Statement(node.place, kind, None, _rank(node.text), {}, {})
    if node.is_null:
        findings.add(Problem("empty-item", "an empty item in a list of layers", node.place))
    elif re.fullmatch(r"\w+:\S.*", node.text):
        findings.add(_missing_space(node))
    else:
        findings.add(_unknown_kind(node))
    return None


def _rank(word: str) -> int:
    return int(word[-2]) if re.search(r"[123][dD]$", word) else 0


def _missing_space(key: Scalar) -> Problem:
    fixed = key.text.replace(":", ": ", 1)
    return Problem(
        "no-space", f"there is no space after the colon in '{key.text}'", key.place, f"write `{fixed}`"
    )


def _unknown_kind(key: Scalar) -> Problem:
    hint = did_you_mean(key.text, [*BY_NAME, "use"]) or "the kinds: " + ", ".join(BY_NAME)
    return Problem("unknown-kind", f"there is no kind of layer called '{key.text}'", key.place, hint)


def _mapping(node: Mapping, findings: Findings) -> Statement | None:
    keys = {key.text: (key, value) for key, value in node.entries}
    if "use" in keys:
        return _use(node, keys, findings)
    operations = [key for key, _ in node.entries if find_kind(key.text)]
    if not operations:
        findings.add(_no_operation(node))
        return None
    key = next((each for each in operations if _explains_all(each, node)), operations[0])
    kind = find_kind(key.text)
    assert kind is not None
    arguments: dict[str, Node] = {}
    around: dict[str, Node] = {}
    joins = _main_value(kind, keys[key.text][1], key, arguments, around, findings)
    others = tuple(entry for entry in node.entries if entry[0] is not key)
    _sort_options(kind, others, arguments, around, findings)
    return Statement(key.place, kind, None, _rank(key.text), arguments, around, joins)


def _no_operation(node: Mapping) -> Problem:
    unknown = [key for key, value in node.entries if key.text not in AROUND]
    for key, value in node.entries:
        if re.fullmatch(r"\w+:\S.*", key.text) and isinstance(value, Scalar) and value.is_null:
            return _missing_space(key)
    if unknown:
        return _unknown_kind(unknown[0])
    hint = "one key names it, as in `conv: 64` or `use: block`"
    return Problem("no-operation", "this item says no kind of layer", node.place, hint)


def _explains_all(key: Scalar, node: Mapping) -> bool:
    """Whether all other keys are options of this one: `{conv: 8, pad: 1}` is a conv, not a pad."""
    kind = find_kind(key.text)
    known = {*options_of(kind), *AROUND} if kind else set()
    return all(other is key or canonical(other.text) in known for other, _ in node.entries)


def _use(node: Mapping, keys: dict[str, tuple[Scalar, Node]], findings: Findings) -> Statement | None:
    key, block = keys["use"]
    if not isinstance(block, Scalar) or block.is_null:
        findings.add(
            Problem("bad-use", "use takes the name of a block", block.place, "as in `use: bottleneck`")
        )
        return None
    rest = {name.text: value for name, value in node.entries if name is not key}
    around = {name: value for name, value in rest.items() if name in AROUND}
    arguments = {name: value for name, value in rest.items() if name not in AROUND}
    return Statement(key.place, None, block, 0, arguments, around)


def _main_value(
    kind: type[Layer],
    value: Node,
    key: Scalar,
    arguments: dict[str, Node],
    around: dict[str, Node],
    findings: Findings,
) -> tuple[Branch | Scalar, ...]:
    """Takes the value of the operation's own key; gives a merge's branches and references."""
    if issubclass(kind, Merge):
        return _joins(kind, value, key, findings)
    if isinstance(value, Mapping):
        _sort_options(kind, value.entries, arguments, around, findings)
    elif isinstance(value, Scalar) and value.is_null:
        pass
    elif kind.main:
        arguments[kind.main] = value
    else:
        hint = f"write `- {kind.kind}`, its options beside it"
        findings.add(Problem("no-main", f"{kind.kind} takes no value of its own", value.place, hint))
    return ()


def _sort_options(
    kind: type[Layer],
    entries: tuple[tuple[Scalar, Node], ...],
    arguments: dict[str, Node],
    around: dict[str, Node],
    findings: Findings,
) -> None:
    """Puts each key among the kind's options or what stands around it."""
    options = options_of(kind)
    for key, value in entries:
        name = key.text if key.text in options else canonical(key.text)
        if name in options:
            target = arguments
        elif name in AROUND:
            target = around
        else:
            findings.add(_unknown_option(kind, key, value, [*options, *AROUND]))
            continue
        if name in target:
            hint = f"'{key.text}' is another word for it" if key.text != name else "keep one of them"
            findings.add(Problem("given-twice", f"{name} of {kind.kind} is given twice", key.place, hint))
        target[name] = value


def _unknown_option(kind: type[Layer], key: Scalar, value: Node, known: list[str]) -> Problem:
    if find_kind(key.text):
        message = f"one item holds two operations, {kind.kind} and {key.text}"
        return Problem("two-operations", message, key.place, "give each a line of its own")
    if isinstance(value, Scalar) and value.is_null and not value.text:
        if re.fullmatch(r"\w+:\S.*", key.text):
            return _missing_space(key)
        if ")" in key.text:
            message = "a comma inside a call ends the value in braces"
            return Problem("unquoted-comma", message, key.place, 'put the expression in quotes: "max(a, b)"')
    hint = did_you_mean(key.text, known)
    return Problem("unknown-option", f"{kind.kind} has no option '{key.text}'", key.place, hint)


def _joins(kind: type[Layer], value: Node, key: Scalar, findings: Findings) -> tuple[Branch | Scalar, ...]:
    """The branches of a merge: a mapping of lists, or a list of references and anonymous lists."""
    joins: list[Branch | Scalar] = []
    if isinstance(value, Mapping):
        for name, layers in value.entries:
            what = f"the branch '{name.text}'"
            joins.append(Branch(name.text, layer_list(layers, findings, what)))
    elif isinstance(value, Sequence):
        for number, item in enumerate(value.items):
            if isinstance(item, Scalar):
                joins.append(item)
            else:
                joins.append(Branch(str(number), layer_list(item, findings, "an unnamed branch")))
    else:
        message = f"{kind.kind} joins branches (a mapping of lists) or tensors (a list of names)"
        findings.add(Problem("bad-merge", message, key.place, f"as in `{kind.kind}: [input, prev]`"))
    return tuple(joins)
