"""Makes layers from the arguments of statements, and reports every wrong option."""

from collections import abc, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from types import MappingProxyType

import msgspec
from msgspec import Struct, structs

from cnncalc.expression import Value
from cnncalc.layers import Layer, Option, options_of, shortest_line
from cnncalc.layers.dialects import defaults_of, refused
from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.shapes import LARGEST, Layout
from cnncalc.spec.companions import allowed, kind_of_word, long_names
from cnncalc.spec.document import Block, Document
from cnncalc.spec.reader import Mapping, Node, Scalar
from cnncalc.spec.statements import Statement
from cnncalc.spec.statements import statement as read_statement
from cnncalc.spec.values import (
    LISTED,
    NameValues,
    NoWordError,
    UnresolvedError,
    both,
    evaluate_node,
    is_constant,
    listed,
)
from cnncalc.syntax import ExpressionError

FITS: dict[Value, Value] = {True: "ceil", False: "floor"}
"""`ceil: true`, like PyTorch's ceil_mode, means `fit: ceil`."""


class Argument(Struct, frozen=True, gc=False):
    """One option that the layer or the file's defaults set."""

    option: Option
    node: Node
    constant: bool


class Plan(Struct, frozen=True, gc=False):
    """How to make the layers of one statement; made once and used for every repeat."""

    kind: type[Layer]
    arguments: tuple[Argument, ...]
    place: Place
    flawed: bool = False
    defaults: abc.Mapping[str, object] = MappingProxyType({})
    """The defaults of the spec's dialect, where they differ."""

    @property
    def written(self) -> frozenset[str]:
        """The options that the spec sets."""
        return frozenset(
            argument.option.name
            for argument in self.arguments
            if not (isinstance(argument.node, Scalar) and argument.node.is_null)
        )

    @property
    def constant(self) -> bool:
        return all(argument.constant for argument in self.arguments)

    def place_of(self, option: str) -> Place:
        """The place of an option, or of the layer if the option is not written."""
        written = (argument.node.place for argument in self.arguments if argument.option.name == option)
        return next(written, self.place)


def make_layer(plan: Plan, names: NameValues, layout: Layout, findings: Findings) -> Layer | None:
    """The layer; None if an option is wrong (reported here) or unknown (reported before)."""
    values: dict[str, Value] = {}
    complete = True
    for argument in plan.arguments:
        if problem := _also_variable(argument, names):
            findings.add(problem)
            complete = False
            continue
        try:
            value = _adapted(
                argument.option, evaluate_node(argument.node, names, argument.option.words), layout
            )
        except UnresolvedError as unresolved:
            complete = False
            if unresolved.problem:
                word = unresolved.word if isinstance(unresolved, NoWordError) else ""
                findings.add(_in_words(unresolved.problem, word, plan.kind, argument))
            continue
        if value is None and isinstance(argument.node, Scalar) and argument.node.text:
            continue  # explicit null: the default
        if value is None:
            complete = False
            message = f"{argument.option.name} of {plan.kind.kind} has no value"
            hint = f"expected {argument.option.expected}, or omit the option"
            findings.add(Problem("no-value", message, argument.node.place, hint))
        else:
            values[argument.option.name] = value
    for argument in plan.arguments:
        value = values.get(argument.option.name)
        if _largest(value) > LARGEST:
            complete = False
            message = f"{argument.option.name} of {plan.kind.kind} is larger than {LARGEST:,}"
            findings.add(Problem("bad-value", message, argument.node.place))
    try:
        return msgspec.convert({**plan.defaults, **values}, plan.kind) if complete else None
    except msgspec.ValidationError:
        _report(plan, values, findings)
        return None


def _also_variable(argument: Argument, names: NameValues) -> Problem | None:
    """The problem of a word that is also a variable, with another value that the option takes."""
    node = argument.node
    if not isinstance(node, Scalar) or node.text not in argument.option.words:
        return None
    try:
        value = names.lookup(node.text)
        msgspec.convert(value, argument.option.type)
    except (ExpressionError, UnresolvedError, msgspec.ValidationError):
        return None
    return both(node, value) if value != node.text else None


def _largest(value: object) -> float:
    """The largest number in a value; 0 for words and truth values."""
    if isinstance(value, tuple):
        return max(map(_largest, value), default=0)
    return abs(value) if isinstance(value, int | float) else 0


def _adapted(option: Option, value: Value, layout: Layout) -> Value:
    """A value converted to the form that the layer class takes."""
    if option.takes_real:
        value = _as_real(value)
    if option.name == "fit" and isinstance(value, bool):
        return FITS[value]
    if option.is_shape and layout == "hwc" and isinstance(value, tuple) and value:
        return (value[-1], *value[:-1])
    return value


def _as_real(value: Value) -> Value:
    """A value with floats for its fractions, also in a list."""
    if isinstance(value, tuple):
        return tuple(map(_as_real, value))
    return float(value) if isinstance(value, Fraction) else value


def _in_words(problem: Problem, word: str, kind: type[Layer], argument: Argument) -> Problem:
    """The problem in terms of the option: an unknown name is likely a misspelled word."""
    option, node = argument.option, argument.node
    if word:
        return structs.replace(_wrong(kind, argument, f"'{word}'"), place=problem.place)
    is_flag = problem.code == "expression" and option.is_flag
    if is_flag and isinstance(node, Scalar) and node.text.isidentifier():
        return _wrong(kind, argument, f"'{node.text}'")
    if isinstance(node, Scalar) and LISTED.fullmatch(node.text):
        return structs.replace(problem, hint=f"write `{option.name}: {listed(node.text)}`")
    return problem


def _wrong(kind: type[Layer], argument: Argument, found: str) -> Problem:
    option = argument.option
    message = f"{option.name} of {kind.kind} must be {option.expected}; found {found}"
    if found.rpartition(" ")[2].isdecimal() and len(found.rpartition(" ")[2]) > MAX_DIGITS:
        message = f"{option.name} of {kind.kind} is too large"
    hint = "write true or false" if option.is_flag else ""
    if option.words:
        hint = did_you_mean(found.strip("'"), sorted(option.words))
    elif "/" in found and "/" in getattr(argument.node, "text", ""):
        hint = "`//` rounds down to a whole number"
    return Problem("bad-value", message, argument.node.place, hint)


def _report(plan: Plan, values: dict[str, Value], findings: Findings) -> None:
    """Reports every option of the wrong type and every missing option."""
    for argument in plan.arguments:
        value = values.get(argument.option.name)
        if value is None:
            continue
        try:
            msgspec.convert(value, argument.option.type)
        except msgspec.ValidationError:
            findings.add(_wrong(plan.kind, argument, _shown(value, argument.node)))
    if plan.flawed:  # a missing option may be one that was misspelled
        return
    for option in options_of(plan.kind).values():
        if option.required and option.name not in values:
            message = f"missing option {option.name} of {plan.kind.kind}: {option.meaning}"
            hint = f"{option.expected}, such as `{shortest_line(plan.kind)}`"
            findings.add(Problem("missing-option", message, plan.place, hint))


def _shown(value: Value, node: Node) -> str:
    """A value as messages quote it: as written, with its result."""
    text = plain(value)
    if isinstance(node, Scalar) and node.text != text:
        return f"'{node.text}' = {text}"
    return text


def plain(value: Value) -> str:
    """A value in the notation of specs."""
    if isinstance(value, tuple):
        return "[" + ", ".join(plain(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}'"
    return str(value)


class Planner:
    """Makes the layers of a document's statements; constant layers are made once.

    They are found by their kind, then by the identity of the statement: the garbage collector would walk
    through keys that are tuples.
    """

    def __init__(self, document: Document, findings: Findings) -> None:
        self.document = document
        self.findings = findings
        self.plans: defaultdict[type[Layer], dict[int, Plan]] = defaultdict(dict)
        self.constants: defaultdict[type[Layer], dict[int, Layer | None]] = defaultdict(dict)
        self.inner: dict[object, Statement | None] = {}

    def layer(self, statement: Statement, names: NameValues) -> tuple[Layer | None, Plan]:
        """The layer of a statement, and the plan with the places of its options."""
        assert statement.kind is not None
        return self._make(statement, statement.kind, statement.arguments, names)

    def companions(
        self, statement: Statement, names: NameValues, block: Block | None
    ) -> Iterator[tuple[str, Layer | None, Plan]]:
        """The layers of `norm:` and `act:`: the role, the layer, its plan."""
        defaults = self.document.defaults.get(statement.kind, {}) if statement.kind else {}
        for role in ("norm", "act"):
            node = statement.around.get(role) or defaults.get(role)
            if node is None or (block and role in block.params):
                continue
            inner = self._companion(role, node, statement, names)
            if inner and inner.kind:
                yield role, *self._make(inner, inner.kind, inner.arguments, names)

    def _make(
        self, statement: Statement, kind: type[Layer], given: dict[str, Node], names: NameValues
    ) -> tuple[Layer | None, Plan]:
        key = id(statement)
        plans, constants = self.plans[kind], self.constants[kind]
        if key in constants:
            return constants[key], plans[key]
        if key not in plans:
            plans[key] = self._plan(statement, kind, given)
        plan = plans[key]
        layer = self._accepted(make_layer(plan, names, self.document.layout, self.findings), plan)
        if plan.constant:
            constants[key] = layer
        return layer, plan

    def _plan(self, statement: Statement, kind: type[Layer], given: dict[str, Node]) -> Plan:
        options = options_of(kind)
        defaults = self.document.defaults.get(kind, {})
        merged = {name: node for name, node in defaults.items() if name in options} | given
        arguments = (
            Argument(options[name], node, is_constant(node, options[name].words))
            for name, node in merged.items()
        )
        changed = defaults_of(self.document.dialect, kind)
        return Plan(kind, tuple(arguments), statement.place, statement.flawed, changed)

    def _accepted(self, layer: Layer | None, plan: Plan) -> Layer | None:
        """The layer; None, with a finding, if the spec's dialect has no such padding."""
        error = refused(self.document.dialect, layer) if layer else None
        if error is None:
            return layer
        self.findings.add(Problem(error.code, error.message(), plan.place_of(error.option), error.hint))
        return None

    def _companion(self, role: str, node: Node, statement: Statement, names: NameValues) -> Statement | None:
        """The statement of a norm or act: from a word, a text parameter, or a mapping."""
        if isinstance(node, Mapping):
            if id(node) not in self.inner:
                inner = read_statement(long_names(node) if role == "norm" else node, self.findings)
                self.inner[id(node)] = inner if allowed(role, inner.kind, node, self.findings) else None
            return self.inner[id(node)]
        kind = kind_of_word(role, node, names, self.findings)
        if kind is None:
            return None
        key = id(node), id(statement), kind
        found = self.inner.get(key)
        if found is None:
            found = self.inner[key] = Statement(statement.place, kind)
        return found


MAX_DIGITS = 15
"""Maximum number of digits of an option's value."""
