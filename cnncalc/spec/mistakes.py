"""Problems in the wording of one item in a list of layers."""

import re
from fractions import Fraction

from cnncalc.layers import BY_NAME, KINDS, Layer, Scale, find_kind, options_of
from cnncalc.problems import Place, Problem, did_you_mean
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.values import literal
from cnncalc.spec.vocabulary import (
    AROUND,
    EXPANDING,
    RESERVED,
    canonical,
    elsewhere,
    is_path_name,
)

PYTORCH = re.compile(r"[A-Z]\w*[123]d$|Linear$")
"""A kind as PyTorch spells it; Keras writes Conv2D."""
GLUED = re.compile(r"\w+:\S.*")
"""`conv:64`, which YAML reads as one word."""

SUBSAMPLING = "write `avgpool: 2`; LeNet's subsampling of 1998 also has weights: add `scale` after it"
IN_OTHER_WORDS = {
    "pointwise": "write `conv: 64, kernel: 1`",
    "pointwiseconv": "write `conv: 64, kernel: 1`",
    "unshared": "write `locally_connected`",
    "subsample": SUBSAMPLING,
    "subsampling": SUBSAMPLING,
    "downsample": "use a `conv` or `maxpool` with a stride of 2",
    "pooling": "write `maxpool: 2`, or `avgpool: 2` for Caffe's `pool: AVE`",
    "eltwise": "write `add`, or `mul` or `maximum` for Caffe's `operation: PROD` or `MAX`",
    "power": "write `{rescale: 0.5, offset: 1}` for Caffe's `scale` and `shift`",
    "normalization": "write `rescale` with the factor 1/√variance and the offset −mean/√variance",
    "reflectionpad": "write `{pad: 1, mode: reflect}`",
    "replicationpad": "write `{pad: 1, mode: replicate}`",
    "circularpad": "write `{pad: 1, mode: circular}`",
    "softshrink": "write `{shrink: 0.5, offset: 0.5}`",
    "upsamplingnearest": "write `upsample: 2`",
    "upsamplingbilinear": "write `{upsample: 2, mode: bilinear, align_corners: true}`",
}
"""Common names of layers that are not kinds here, and what to write instead."""


POSITIONAL = re.compile(r"\d+(\s*,\s*\d+)+")
"""`conv: 96, 11, 4`: several numbers without their names."""

NUMBERED = ("filters", "kernel", "stride", "padding")
"""The order in which people write the numbers of a convolution."""

ENTRIES_TO_REWRITE = 20


def rewritten(text: str) -> str:
    """How to write a text that is no item of a spec but describes layers, or an empty text.

    >>> rewritten("nn.Conv2d(3, 64, kernel_size=3, padding=1)")
    'write `- {conv: 64, kernel: 3, padding: 1, in: 3}`'
    """
    from cnncalc.spec.phrases import PhraseError, understood  # only mistakes need it

    try:
        found = understood(text).items
    except PhraseError:
        return ""
    if not found:
        return ""
    lines = " and ".join(f"`- {item.written}`" for item in found)
    notes = dict.fromkeys(note for item in found for note in item.notes)
    if any(item.is_padding_open for item in found):
        notes["with `padding: same` if it keeps the size"] = None
    return f"write {lines}" + (f" ({'; '.join(notes)})" if notes else "")


def rewritten_item(node: Mapping) -> str:
    """How to write an item whose keys are not those of a spec: `{type: conv2d, filters: 64}`."""
    if len(node.entries) > ENTRIES_TO_REWRITE:
        return ""
    own = {
        key.text: _text(value) for key, value in node.entries if key.text not in AROUND or key.text == "act"
    }
    if any(value is None for value in own.values()):
        return ""
    text = ", ".join(f"{name}: {value}" if value else name for name, value in own.items())
    around = [f"{key.text}: {_text(value)}" for key, value in node.entries if key.text in AROUND[:2]]
    hint = rewritten(text)
    if not around or not hint.endswith("`"):
        return hint
    line = hint.removesuffix("`")
    line = line.removesuffix("}") if line.endswith("}") else f"{line.replace('- ', '- {')}: "
    return f"{line}, {', '.join(around)}}}`"


def _text(node: Node) -> str | None:
    """The text of a value; None for a mapping."""
    if isinstance(node, Scalar):
        return "" if node.is_null else node.text
    if isinstance(node, Sequence):
        parts = [_text(item) for item in node.items]
        return None if None in parts else f"[{', '.join(part or '' for part in parts)}]"
    return None


def bad_word(node: Scalar, blocks: tuple[str, ...]) -> Problem:
    """A plain word that is not a kind of layer."""
    if node.text in blocks:
        message = f"'{node.text}' is a block, not a kind of layer"
        return Problem("unknown-kind", message, node.place, f"write `- use: {node.text}`")
    if node.is_null:
        return Problem("empty-item", "empty item in a list of layers", node.place, "remove the `-`")
    return missing_space(node) if GLUED.fullmatch(node.text) else unknown_kind(node)


def missing_space(key: Scalar) -> Problem:
    """`conv:64` for `conv: 64`."""
    fixed = key.text.replace(":", ": ", 1)
    message = f"missing space after the colon in '{key.text}'"
    return Problem("no-space", message, key.place, f"write `{fixed}`")


def unknown_kind(key: Scalar, line: str = "") -> Problem:
    """A key that is not a kind of layer; `line` is how to write the whole item, if that is known."""
    hint = (
        in_other_words(key.text)
        or elsewhere(key.text)
        or line
        or rewritten(key.text)
        or in_a_row(key.text)
        or did_you_mean(key.text, [*BY_NAME, *EXPANDING, "use"])
        or "`cnncalc kinds` lists all kinds"
    )
    if re.fullmatch(r"[\w.]+\(.*\)", key.text) and not hint.startswith(("write", "cnncalc has")):
        hint = "write options as keys, such as {Conv2d: 16, kernel_size: 3}"
    return Problem("unknown-kind", f"unknown kind of layer '{key.text}'", key.place, hint)


def in_other_words(word: str) -> str:
    """What to write for a common name that is not a kind here, or an empty text."""
    return IN_OTHER_WORDS.get(re.sub(r"[_\W]|\dd$", "", word.lower()), "")


def in_a_row(text: str) -> str:
    """How to write `conv 10 5`: the numbers as options of the kind, in their order."""
    word, *numbers = re.split(r"[\s,()]+", text.strip(" )"))
    kind = find_kind(word)
    if kind is None or not kind.main or not numbers or not all(map(str.isdecimal, numbers)):
        return ""
    own = [*(name for name in ("kernel", "stride", "padding") if name in set(options_of(kind)) - {kind.main})]
    names = [word, *own]
    if PYTORCH.match(word) and kind.main in ("filters", "units"):  # its first number is the input channels
        names, numbers = [word, "in", *own], [*numbers[1:2], *numbers[:1], *numbers[2:]]
    if len(numbers) > len(names) or (len(numbers) == 1 and "in" in names):
        return ""
    return f"write `{', '.join(f'{name}: {number}' for name, number in zip(names, numbers, strict=False))}`"


def not_a_branch(node: Node, name: str) -> Problem:
    """A branch that is not a list, such as `{add: {main: relu}}`."""
    what = f"the branch '{name}'" if name else "a branch"
    hint = "write a list of layers: [relu, {conv: 8, kernel: 1}]"
    if isinstance(node, Mapping):
        hint = "put the layer in brackets: [{conv: 8, kernel: 1}]"
    elif isinstance(node, Scalar) and node.is_null:
        hint = "write [] for a branch that changes nothing"
    elif isinstance(node, Scalar) and find_kind(node.text):
        hint = f"put the layer in brackets: [{node.text}]"
    elif isinstance(node, Scalar):
        hint = "a list of names joins tensors: `add: [a, b]`"
    return Problem("not-a-list", f"{what} must be a list of layers", node.place, hint)


def nested_list(node: Sequence) -> Problem:
    """`- [relu]` in a list of layers."""
    message = "expected a layer, found a list"
    return Problem("nested-list", message, node.place, "write branches inside add, mul or concat")


def no_operation(node: Mapping, blocks: tuple[str, ...]) -> Problem:
    """An item without a key that is a kind of layer."""
    options = {option for kind in KINDS for option in options_of(kind)}
    for key, value in node.entries:
        if GLUED.fullmatch(key.text) and isinstance(value, Scalar) and value.is_null:
            return missing_space(key)
        if key.text in blocks:
            return bad_word(key, blocks)
        if key.text not in AROUND and canonical(key.text) not in options:
            return unknown_kind(key, rewritten_item(node))
    hint = "add a key such as `conv: 64` or `use: block`"
    if any(key.text not in AROUND or key.text in ("norm", "act") for key, _ in node.entries):
        hint += "; an option of the layer above is written without the `-`"
    return Problem("no-operation", "missing kind of layer", node.place, hint)


def positional(kind: type[Layer], place: Place, text: str) -> Problem:
    """`conv: 96, 11, 4`: several numbers for one option."""
    message = f"{kind.kind} takes one value, found '{text}'"
    line = (
        in_a_row(f"{kind.kind} {text}").replace("`", "`- {", 1).replace("`", "}`").replace("}`- {", "`- {", 1)
    )
    hint = line or "name the others, such as kernel and stride"
    return Problem("unnamed-options", message, place, hint)


def unknown_option(kind: type[Layer], key: Scalar, value: Node) -> Problem:
    """A key that is not an option of the layer."""
    if find_kind(key.text):
        message = f"two layers in one item: {kind.kind} and {key.text}"
        return Problem("two-operations", message, key.place, "write each layer as a separate item")
    if isinstance(value, Scalar) and value.is_null and GLUED.fullmatch(key.text):
        return missing_space(key)
    hint = did_you_mean(key.text, [*options_of(kind), *AROUND])
    return Problem("unknown-option", f"unknown option '{key.text}' of {kind.kind}", key.place, hint)


def no_kind(node: Node) -> Problem:
    """`{kind: [conv]}`."""
    hint = "such as `{kind: relu, name: a}`"
    return Problem("no-operation", "kind expects the name of a kind of layer", node.place, hint)


def no_main(kind: type[Layer], value: Node) -> Problem:
    """`batchnorm: 64`."""
    if (
        issubclass(kind, Scale)
        and isinstance(value, Scalar)
        and isinstance(literal(value.text), int | Fraction)
    ):
        hint = f"scale learns its factors; write `- {{rescale: {value.text}}}` for a fixed one"
        return Problem("no-main", "scale takes no value", value.place, hint)
    hint = f"write `- {kind.kind}`, or with options `{{{kind.kind}: , name: …}}`"
    return Problem("no-main", f"{kind.kind} takes no value", value.place, hint)


def given_twice(kind: type[Layer], name: str, key: Scalar) -> Problem:
    """The same option under two names."""
    hint = f"'{key.text}' is an alias of {name}" if key.text != name else "keep one of them"
    if kind.main == name == key.text:
        hint = f"`{kind.kind}: …` already sets {name}"
        hint += "" if "filters" in options_of(kind) else "; the number of channels is that of the input"
    return Problem("given-twice", f"duplicate option {name} of {kind.kind}", key.place, hint)


def bad_name(given: Node) -> Problem:
    """A name that is not valid."""
    text = f"'{given.text}'" if isinstance(given, Scalar) else "this"
    hint = f"use letters, digits, _ and -, starting with a letter or _; reserved: {', '.join(RESERVED)}"
    if isinstance(given, Scalar) and given.plain and is_path_name(given.text):
        hint = f'quote a name with dots or slashes: "{given.text}"'
    return Problem("bad-name", f"{text} cannot be a name", given.place, hint)


def duplicate_name(given: Scalar, line: int) -> Problem:
    """Two layers with the same name in one list."""
    message = f"duplicate name '{given.text}' (first on line {line})"
    return Problem("duplicate-name", message, given.place, "names must be unique in a list of layers")


def bad_merge(kind: type[Layer], key: Scalar) -> Problem:
    """A merge without branches or names."""
    message = f"{kind.kind} expects branches (a mapping of lists) or tensors (a list of names)"
    return Problem("bad-merge", message, key.place, f"such as `{kind.kind}: [input, prev]`")
