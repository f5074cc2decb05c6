"""Values around layers: conditions, repeat counts, variables, references and block arguments."""

import re

from cnncalc.expression import Value
from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.spec.document import Block, Document
from cnncalc.spec.reader import Mapping, Node, Scalar
from cnncalc.spec.scope import STANDING, Scope, Tensor, Tensors
from cnncalc.spec.statements import Statement
from cnncalc.spec.values import UnresolvedError, evaluate_node, literal, sizes
from cnncalc.spec.vocabulary import AROUND, RESERVED, is_dotted_variable, is_variable

LIST = re.compile(r"\[([^][]*)\]")
HYPHENATED = re.compile(r"[A-Za-z]+(-[A-Za-z]+)+")


def value_of(node: Node, scope: Scope, findings: Findings) -> Value:
    """The value of a node; None, with a finding, if it has none."""
    if isinstance(node, Scalar) and node.is_null:
        findings.add(Problem("no-value", "missing value", node.place))
        return None
    try:
        value = evaluate_node(node, scope)
    except UnresolvedError as unresolved:
        if unresolved.problem:
            findings.add(unresolved.problem)
        return None
    if value is None:  # a variable without a value
        text = f"'{node.text}'" if isinstance(node, Scalar) else "this"
        findings.add(Problem("no-value", f"{text} has no value", node.place))
    return value


def tensors_of(reference: Scalar, scope: Scope, findings: Findings) -> list[Tensor]:
    """The tensors that a reference names, several with `*`; [None], with a finding, if there are none."""
    try:
        return scope.starred(reference) if "*" in reference.text else [scope.tensor(reference)]
    except UnresolvedError as unresolved:
        if unresolved.problem:
            findings.add(unresolved.problem)
        return [None]


def tensor_of(node: Node, what: str, scope: Scope, findings: Findings) -> Tensor:
    """The tensor that `from` or a block's input names; None, with a finding, if there is none."""
    if isinstance(node, Scalar) and "*" not in node.text:
        return tensors_of(node, scope, findings)[0]
    hint = "use add, mul or concat to combine several tensors"
    findings.add(Problem("bad-reference", f"{what} expects the name of one tensor", node.place, hint))
    return None


def share_target(node: Node, scope: Scope, findings: Findings) -> str | None:
    """The full name of the layer or block that `share` names; None, with a finding, if there is none."""
    name = node.text if isinstance(node, Scalar) else ""
    if scope.leaves_out(name.partition(".")[0]):
        message = f"share: {name} is left out here and has no weights"
        findings.add(Problem("left-out", message, node.place, "give both the same `when`"))
        return None
    target = scope.full_name(name) if name else None
    if target is None:
        what = f"there is no layer '{name}' above" if name else "expected the name of a layer"
        hint = scope.path_to(name)
        hint = f"did you mean '{hint}'?" if hint else did_you_mean(name, scope.layers())
        findings.add(Problem("unknown-layer", f"share: {what}", node.place, hint))
    return target


def condition(node: Node | None, scope: Scope, findings: Findings, default: bool) -> bool | None:
    """Whether a condition is true; None, with a finding, if it is not a condition."""
    if node is None:
        return default
    value = value_of(node, scope, findings)
    if value is None or isinstance(value, bool):
        return value
    text = node.text if isinstance(node, Scalar) else ""
    hint = "write true, false, or a comparison such as stride == 1"
    found = text if text == str(value) else f"'{text}' = {value}"
    findings.add(Problem("bad-condition", f"expected true or false, found {found}", node.place, hint))
    return None


class _Texts:
    """The names that are text where a parameter gets its value: those that mean nothing else."""

    def __init__(self, scope: Scope, own: str) -> None:
        self.scope = scope
        self.awaited = scope.awaited - {own}

    def __contains__(self, word: object) -> bool:
        scope = self.scope
        return (
            isinstance(word, str)
            and word.isidentifier()
            and word.lower() != "null"
            and not (scope.has_value(word) or word in self.awaited or word in STANDING)
            and literal(word) is None
        )


def parameter(name: str, node: Node, scope: Scope) -> Value:
    """The value of the parameter or variable `name`, which may also be text: `act: relu`.

    Raises:
        UnresolvedError: like `evaluate_node`.
    """
    if not isinstance(node, Scalar):
        return evaluate_node(node, scope)
    texts = _Texts(scope, name)
    if node.text.isidentifier() and not node.is_null and node.text in texts:
        return node.text
    try:
        return evaluate_node(node, scope, texts)
    except UnresolvedError as unresolved:
        # Quoted values and hyphenated words may be text.
        may_be_text = not node.plain or HYPHENATED.fullmatch(node.text)
        if unresolved.problem and may_be_text and "$" not in node.text:
            return node.text
        raise


def bind(name: str, node: Node, caller: Scope, scope: Scope, findings: Findings) -> None:
    """Sets `name` in `scope` to the value of `node`, evaluated in the caller's scope."""
    try:
        if isinstance(node, Mapping):
            raise UnresolvedError(Problem("mapping", f"{name} must be a value, found a mapping", node.place))
        scope.values[name] = parameter(name, node, caller)
    except UnresolvedError as unresolved:
        scope.unknown.add(name)
        if unresolved.problem:
            findings.add(unresolved.problem)


def variables(document: Document, given: dict[str, Value], findings: Findings) -> Scope:
    """The scope of a file's `vars`, each of which may use those above it; `given` overrides them."""
    scope = Scope(Tensors(document.layout))
    scope.awaited = frozenset(document.variables)
    scope.all.refused = _refused_words(document)
    for name, node in document.variables.items():
        if name in given:
            scope.values[name] = given[name]
        else:
            bind(name, node, scope, scope, findings)
    for name, value in given.items():
        if isinstance(value, str) and not _is_unicode(value):
            message = f"--set: the value of '{name}' is not valid UTF-8"
            findings.add(Problem("bad-value", message, None, "write it again"))
            scope.values.pop(name, None)
            scope.unknown.add(name)
        if name not in document.variables:
            hint = did_you_mean(name, list(document.variables)) or "the spec has no vars"
            findings.add(Problem("unknown-variable", f"--set: there is no variable '{name}'", None, hint))
    return scope


def _refused_words(document: Document) -> frozenset[str]:
    """The words in names that variables cannot have: `a` and `b` in `a-b`."""
    names = (name for name in document.variables if not (is_variable(name) or is_dotted_variable(name)))
    return frozenset(word for name in names for word in re.findall(r"\w+", name))


def _is_unicode(text: str) -> bool:
    """False if bytes of the command line are not text; Python stands lone surrogates for them."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def from_text(text: str) -> Value:
    """The value of `--set name=text`: a number, true or false, sizes, a list, or the text itself.

    >>> from_text("3x5"), from_text("[1, 0.5]"), from_text("relu")
    ((3, 5), (1, Fraction(1, 2)), 'relu')
    """
    if found := LIST.fullmatch(text):
        return tuple(from_text(part.strip()) for part in found[1].split(","))
    number = literal(text)
    return number if number is not None else sizes(text) or text


def block_scope(
    block: Block, statement: Statement, caller: Scope, root: Scope, full: str, findings: Findings
) -> Scope:
    """The scope of one use of a block: its parameters and input tensors."""
    scope = Scope(caller.all, root, f"{full}.", caller.prev)
    given = dict(statement.arguments)
    for role in ("norm", "act"):
        if role in block.params and role in statement.around:
            given[role] = statement.around[role]
    misspelt = _unknown_parameters(block, statement, given, findings)
    for name in block.inputs:
        scope.given[name] = None
        if name in given:
            scope.given[name] = tensor_of(given[name], name, caller, findings)
        elif not misspelt:
            _report_missing(block, name, statement.place, findings)
    for name, default in block.params.items():
        if name in given:
            bind(name, given[name], caller, scope, findings)
        elif default is not None:
            bind(name, default, scope, scope, findings)
        else:
            scope.unknown.add(name)
            if not misspelt:
                _report_missing(block, name, statement.place, findings)
    return scope


def _unknown_parameters(
    block: Block, statement: Statement, given: dict[str, Node], findings: Findings
) -> bool:
    """Reports unknown arguments of a block; returns whether there were any."""
    known = [*block.params, *block.inputs]
    unknown = [name for name in given if name not in known]
    for name in unknown:
        message = f"unknown parameter '{name}' of the block '{block.name.text}'"
        place = statement.keys[name].place
        findings.add(Problem("unknown-parameter", message, place, did_you_mean(name, known)))
    return bool(unknown)


def _report_missing(block: Block, name: str, place: Place, findings: Findings) -> None:
    if name in RESERVED or name in AROUND:  # refused where the block is defined
        return
    signature = ", ".join((*block.params, *block.inputs))
    message = f"missing parameter '{name}' of the block '{block.name.text}'"
    findings.add(Problem("missing-parameter", message, place, f"its parameters: {signature}"))
