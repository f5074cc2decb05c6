"""The options `norm:` and `act:` of a layer: which kind each word means."""

from msgspec import structs

from cnncalc.expression import Value
from cnncalc.layers import ACTIVATIONS, NORMS, Layer, find_kind
from cnncalc.problems import Findings, Problem, did_you_mean
from cnncalc.spec.reader import Mapping, Node, Scalar
from cnncalc.spec.values import (
    CONDITIONAL,
    NameValues,
    NoWordError,
    UnresolvedError,
    both,
    evaluate_scalar,
    literal,
)
from cnncalc.syntax import ExpressionError

ROLES = {"norm": "normalization", "act": "activation"}
KINDS = {"norm": NORMS, "act": ACTIVATIONS}

NOTHING = ("none", "null")
NORM_WORDS = {
    "batch": "batchnorm",
    "layer": "layernorm",
    "group": "groupnorm",
    "instance": "instancenorm",
    "lrn": "lrn",
    "rms": "rms_norm",
    "grn": "global_response_norm",
}


class _Words:
    """The words that a role takes: kinds by any of their names, short names of norms, and none."""

    def __init__(self, role: str) -> None:
        self.role = role

    def kind(self, word: str) -> type[Layer] | None:
        """The kind that a word names, or None."""
        kind = find_kind(NORM_WORDS.get(word, word) if self.role == "norm" else word)
        return kind if kind in KINDS[self.role] else None

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and (word in NOTHING or self.kind(word) is not None)


WORDS = {role: _Words(role) for role in ROLES}


def kind_of_word(role: str, node: Node, names: NameValues, findings: Findings) -> type[Layer] | None:
    """The kind that a scalar names; None for `none`, and, with a finding, for an unknown word."""
    place = node.place
    try:
        word = _word(node, names, WORDS[role])
    except NoWordError as error:
        word, place = error.word, (error.problem and error.problem.place) or place
    except UnresolvedError as unresolved:
        if unresolved.problem:
            findings.add(unresolved.problem)
        return None
    if word in NOTHING:
        return None
    kind = WORDS[role].kind(word)
    if kind:
        return kind
    known = [*NORM_WORDS, "none"] if role == "norm" else [each.kind for each in ACTIVATIONS]
    hint = did_you_mean(word, known) or "one of " + ", ".join(known)
    findings.add(Problem(f"unknown-{role}", f"there is no {ROLES[role]} '{word}'", place, hint))
    return None


def long_names(node: Mapping) -> Mapping:
    """`{batch: {affine: false}}` or `{kind: batch, affine: false}` with the full name of the kind."""
    entries = (
        (key, _long_name(value))
        if key.text == "kind" and isinstance(value, Scalar)
        else (_long_name(key), value)
        for key, value in node.entries
    )
    return Mapping(tuple(entries), node.line, node.column)


def _long_name(word: Scalar) -> Scalar:
    return structs.replace(word, text=NORM_WORDS.get(word.text, word.text))


def allowed(role: str, kind: type[Layer] | None, node: Node, findings: Findings) -> bool:
    """Whether a mapping names a kind that fits its role; reports it if not."""
    if kind in KINDS[role]:
        return True
    if kind is not None:
        message = (
            f"{kind.kind} is not an {ROLES[role]}" if role == "act" else f"{kind.kind} is not a {ROLES[role]}"
        )
        hint = "one of " + ", ".join(each.kind for each in KINDS[role])
        findings.add(Problem(f"unknown-{role}", message, node.place, hint))
    return False


def _word(node: Node, names: NameValues, words: _Words) -> str:
    """The text of a scalar, or of the text parameter that it names with or without `$`, or of a condition.

    Raises:
        UnresolvedError: it names a parameter that has no value, or its condition is not valid.
    """
    if not isinstance(node, Scalar):
        return "a list"
    if node.is_null or literal(node.text) is False:
        return "none"
    if CONDITIONAL.search(node.text):
        return _in_words(evaluate_scalar(node, names, words), node.text)
    text = node.text.removeprefix("$")
    if text == node.text and (text == "none" or find_kind(text) or text in NORM_WORDS):
        _refuse_variable(node, names, words)
        return text
    try:
        value = names.lookup(text)
    except (ExpressionError, UnresolvedError):
        return node.text
    return _in_words(value, node.text)


def _refuse_variable(node: Scalar, names: NameValues, words: _Words) -> None:
    """Refuses a word that is also a variable for another one; raises UnresolvedError."""
    try:
        value = names.lookup(node.text)
    except (ExpressionError, UnresolvedError):
        return
    if value in words and value != node.text:
        raise UnresolvedError(both(node, value))


def _in_words(value: Value, text: str) -> str:
    if value is None or value is False:
        return "none"
    return value if isinstance(value, str) else text
