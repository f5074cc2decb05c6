"""Reads one item in a list of layers: the kind or block, its options, and keys such as `name`.

Structure only: values are evaluated when the network is built.
"""

import re

from msgspec import Struct, field

from cnncalc.layers import Layer, Merge, find_kind, options_of
from cnncalc.problems import Findings, Place, Problem
from cnncalc.spec import mistakes
from cnncalc.spec.naming import Item, names_of
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.vocabulary import AROUND, EXPANDING, canonical, is_branch, is_name, is_path_name


class Branch(Struct, frozen=True, gc=False):
    """A list of layers inside a merge."""

    name: str
    layers: "LayerList"


class Statement(Struct, frozen=True, gc=False):
    """One item: a layer of `kind`, or a use of the block named `block` (then `kind` is None).

    `rank` is the number of axes in a name such as Conv2d, or 0. `joins` are the branches and
    references of a merge. `flawed` means that the item has an error: its options are still checked,
    but it has no output. `keys` are the keys of a block's arguments, for their places. `spelling` is the
    kind as the spec writes it.
    """

    place: Place
    kind: type[Layer] | None = None
    block: Scalar | None = None
    rank: int = 0
    arguments: dict[str, Node] = field(default_factory=dict)
    around: dict[str, Node] = field(default_factory=dict)
    joins: tuple[Branch | Scalar, ...] = ()
    flawed: bool = False
    keys: dict[str, Scalar] = field(default_factory=dict)
    spelling: str = ""

    @property
    def name(self) -> str:
        """The name in the spec, or an empty text."""
        given = self.around.get("name")
        return given.text if isinstance(given, Scalar) else ""

    @property
    def word(self) -> str:
        """The name of the kind or block."""
        if self.kind:
            return self.kind.kind
        return self.block.text if self.block else "layer"


class LayerList(Struct, frozen=True, gc=False):
    """A list of layers, and the name of each."""

    statements: tuple[Statement, ...]
    names: tuple[str, ...]


def layer_list(node: Node | None, findings: Findings) -> LayerList:
    """The statements of a list; problems go to `findings`."""
    if not isinstance(node, Sequence):
        if node is not None:
            hint = "write each layer on a separate line that starts with `- `"
            findings.add(Problem("not-a-list", "layers must be a list of layers", node.place, hint))
        return LayerList((), ())
    statements = tuple(statement(item, findings) for item in node.items)
    _check_names(statements, findings)
    return LayerList(statements, names_of([_item(each) for each in statements]))


def _item(statement: Statement) -> Item:
    merges = statement.kind is not None and issubclass(statement.kind, Merge)
    return Item(statement.name, statement.word, not merges)


def _check_names(statements: tuple[Statement, ...], findings: Findings) -> None:
    """Reports invalid and duplicate names."""
    first: dict[str, int] = {}
    for each in statements:
        given = each.around.get("name")
        if given is None:
            continue
        if not isinstance(given, Scalar) or given.is_null or not _may_be_name(given):
            findings.add(mistakes.bad_name(given))
        elif given.text in first:
            findings.add(mistakes.duplicate_name(given, first[given.text]))
        else:
            first[given.text] = given.line


def _may_be_name(given: Scalar) -> bool:
    return is_name(given.text) or (not given.plain and is_path_name(given.text))


def statement(node: Node, findings: Findings) -> Statement:
    """The statement of one item."""
    if isinstance(node, Mapping):
        return _mapping(node, findings)
    if isinstance(node, Sequence):
        findings.add(mistakes.nested_list(node))
        return Statement(node.place, flawed=True)
    kind = find_kind(node.text)
    if kind is None:
        findings.add(mistakes.bad_word(node, findings.blocks))
    return Statement(node.place, kind, rank=_rank(node.text), flawed=kind is None, spelling=node.text)


def _rank(word: str) -> int:
    found = re.search(r"([123])[dD](?=$|T)", word)
    return int(found[1]) if found else 0


def _mapping(node: Mapping, findings: Findings) -> Statement:
    named = node.get("kind")
    if named is not None and node.get("use") is None:
        return _long_form(node, named, findings)
    word = next((key.text for key, _ in node.entries if key.text == "use" or key.text in EXPANDING), "")
    if word:
        return _use(node, word, findings)
    operations = [key for key, _ in node.entries if find_kind(key.text)]
    if not operations:
        findings.add(mistakes.no_operation(node, findings.blocks))
        around = {key.text: value for key, value in node.entries if key.text in AROUND}
        return Statement(node.place, around=around, flawed=True)
    key = operations[0]
    if len(operations) > 1:
        key = next((each for each in operations if _explains_all(each, node)), key)
    return _Item(key, findings).read(node)


def _long_form(node: Mapping, named: Node, findings: Findings) -> Statement:
    """`{kind: relu, name: a}`, for programs that write specs; the inputs of a merge are `inputs`."""
    if not isinstance(named, Scalar) or named.is_null:
        findings.add(mistakes.no_kind(named))
        return Statement(node.place, flawed=True)
    kind = find_kind(named.text)
    if kind is None and named.text not in EXPANDING:
        findings.add(mistakes.bad_word(named, findings.blocks))
        around = {key.text: value for key, value in node.entries if key.text in AROUND}
        return Statement(named.place, around=around, flawed=True)
    joins = kind is not None and issubclass(kind, Merge)
    main = node.get("inputs") if joins else None
    rest = tuple(
        (key, value)
        for key, value in node.entries
        if key.text != "kind" and not (joins and key.text == "inputs")
    )
    empty = Scalar("", named.line, named.column + named.width, 1)
    short = Mapping(((named, main or empty), *rest), node.line, node.column)
    return _Item(named, findings).read(short) if kind else _use(short, named.text, findings)


def _explains_all(key: Scalar, node: Mapping) -> bool:
    """Whether all other keys are options of this kind: `{conv: 8, pad: 1}` is a conv, not a pad."""
    kind = find_kind(key.text)
    known = {*options_of(kind), *AROUND} if kind else set()
    return all(other is key or canonical(other.text) in known for other, _ in node.entries)


def _use(node: Mapping, word: str, findings: Findings) -> Statement:
    """A use of a block: `{use: name}`, or a built-in block written like a kind: `{squeeze_excite: 16}`."""
    arguments = {key.text: value for key, value in node.entries if key.text not in AROUND}
    around = {key.text: value for key, value in node.entries if key.text in AROUND}
    key = next(key for key, _ in node.entries if key.text == word)
    block = arguments.pop(word)
    if word in EXPANDING:
        if isinstance(block, Mapping):
            arguments |= {name.text: value for name, value in block.entries}
        elif not (isinstance(block, Scalar) and block.is_null):
            arguments[EXPANDING[word]] = block
        block = Scalar("squeeze_excite", key.line, key.column, key.width)
    if not isinstance(block, Scalar) or block.is_null:
        hint = "such as `use: bottleneck`"
        findings.add(Problem("bad-use", "use expects the name of a block", block.place, hint))
        return Statement(key.place, around=around, flawed=True)
    keys = {key.text: key for key, _ in node.entries}
    return Statement(key.place, None, block, 0, arguments, around, keys=keys)


def _positional(key: Scalar, node: Mapping) -> str:
    """The numbers of `conv: 96, 11, 4` or `{conv: 96, 11, 4}`; an empty text for a usual item."""
    if len(node.entries) > len(mistakes.NUMBERED):
        return ""
    value = next(value for each, value in node.entries if each is key)
    if not isinstance(value, Scalar) or value.is_null or not value.plain:
        return ""
    others = [each.text for each, given in node.entries if isinstance(given, Scalar) and given.is_null]
    text = ", ".join([value.text, *others]) if all(map(str.isdecimal, others)) else value.text
    return text if mistakes.POSITIONAL.fullmatch(text) else ""


class _Item:
    """Reads the mapping of one layer, given the key of its kind."""

    def __init__(self, key: Scalar, findings: Findings) -> None:
        kind = find_kind(key.text)
        assert kind is not None
        self.key = key
        self.kind = kind
        self.findings = findings
        self.arguments: dict[str, Node] = {}
        self.around: dict[str, Node] = {}
        self.joins: tuple[Branch | Scalar, ...] = ()
        self.flawed = False

    def read(self, node: Mapping) -> Statement:
        if numbers := _positional(self.key, node):
            self._flaw(mistakes.positional(self.kind, self.key.place, numbers))
            return Statement(self.key.place, self.kind, flawed=True)
        for key, value in node.entries:
            if key is self.key:
                self._main(value)
            else:
                self._option(key, value)
        rank = _rank(self.key.text)
        return Statement(
            self.key.place,
            self.kind,
            None,
            rank,
            self.arguments,
            self.around,
            self.joins,
            self.flawed,
            spelling=self.key.text,
        )

    def _flaw(self, problem: Problem) -> None:
        self.findings.add(problem)
        self.flawed = True

    def _main(self, value: Node) -> None:
        """The value of the kind's key: the main option, a mapping of options, or a merge's inputs."""
        if issubclass(self.kind, Merge):
            self.joins = self._joined(self.kind, value)
        elif isinstance(value, Mapping):
            for key, inner in value.entries:
                self._option(key, inner)
        elif isinstance(value, Scalar) and value.is_null:
            pass
        elif self.kind.main:
            self._set(self.arguments, self.kind.main, self.key, value)
        elif self.kind.family == "norm":  # like BatchNorm2d(64) in PyTorch: the number of input channels
            self._set(self.around, "in", self.key, value)
        else:
            self._flaw(mistakes.no_main(self.kind, value))

    def _option(self, key: Scalar, value: Node) -> None:
        options = options_of(self.kind)
        name = key.text if key.text in options else canonical(key.text)
        if name in options:
            self._set(self.arguments, name, key, value)
        elif name in AROUND:
            self._set(self.around, name, key, value)
        else:
            self._flaw(mistakes.unknown_option(self.kind, key, value))

    def _set(self, target: dict[str, Node], name: str, key: Scalar, value: Node) -> None:
        if name in target:
            self._flaw(mistakes.given_twice(self.kind, name, key))
        target[name] = value

    def _branch(self, name: str, node: Node, written: str = "") -> Branch:
        if not isinstance(node, Sequence):
            self._flaw(mistakes.not_a_branch(node, written))
            return Branch(name, LayerList((), ()))
        return Branch(name, layer_list(node, self.findings))

    def _joined(self, kind: type[Layer], value: Node) -> tuple[Branch | Scalar, ...]:
        """The inputs of a merge: named branches (a mapping), or a list of references and branches."""
        if isinstance(value, Mapping):
            for name, _ in value.entries:
                if not is_branch(name.text):
                    self._flaw(mistakes.bad_name(name))
            return tuple(self._branch(name.text, layers, name.text) for name, layers in value.entries)
        if isinstance(value, Sequence):
            return tuple(
                item if isinstance(item, Scalar) else self._branch(str(number), item)
                for number, item in enumerate(value.items)
            )
        self._flaw(mistakes.bad_merge(kind, self.key))
        return ()
