"""The options `norm:` and `act:` of a layer: which kind each word means."""

from cnncalc.expression import Lookup
from cnncalc.layers import ACTIVATIONS, NORMS, Layer, find_kind
from cnncalc.problems import Findings, Problem, did_you_mean
from cnncalc.spec.reader import Mapping, Node, Scalar
from cnncalc.spec.values import UnresolvedError, literal
from cnncalc.syntax import ExpressionError

ROLES = {"norm": "normalization", "act": "activation"}
KINDS = {"norm": NORMS, "act": ACTIVATIONS}

NORM_WORDS = {
    "batch": "batchnorm",
    "layer": "layernorm",
    "group": "groupnorm",
    "instance": "instancenorm",
    "lrn": "lrn",
}


def kind_of_word(role: str, node: Node, lookup: Lookup, findings: Findings) -> type[Layer] | None:
    """The kind that a scalar names; None for `none`, and, with a finding, for an unknown word."""
    word = _word(node, lookup)
    if word == "none":
        return None
    kind = find_kind(NORM_WORDS.get(word, word) if role == "norm" else word)
    if kind in KINDS[role]:
        return kind
    known = [*NORM_WORDS, "none"] if role == "norm" else [each.kind for each in ACTIVATIONS]
    hint = did_you_mean(word, known) or "one of " + ", ".join(known)
    findings.add(Problem(f"unknown-{role}", f"there is no {ROLES[role]} '{word}'", node.place, hint))
    return None


def long_names(node: Mapping) -> Mapping:
    """`{batch: {affine: false}}` with the full name of the kind."""
    entries = (
        (Scalar(NORM_WORDS.get(key.text, key.text), key.line, key.column, key.width), value)
        for key, value in node.entries
    )
    return Mapping(tuple(entries), node.line, node.column)


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


def _word(node: Node, lookup: Lookup) -> str:
    """The text of a scalar, or the value of the text parameter that it names, with or without `$`."""
    if not isinstance(node, Scalar):
        return "a list"
    if node.is_null or node.text == "none" or literal(node.text) is False:
        return "none"
    text = node.text.removeprefix("$")
    if text == node.text and (find_kind(text) or text in NORM_WORDS):
        return text
    try:
        value = lookup(text)
    except (ExpressionError, UnresolvedError):
        return node.text
    if value is None or value is False:
        return "none"
    return value if isinstance(value, str) else node.text
