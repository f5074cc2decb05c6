"""What can be wrong with the wording of one item in a list of layers, each as its problem."""

import re

from cnncalc.layers import BY_NAME, KINDS, Layer, find_kind, options_of
from cnncalc.problems import Problem, did_you_mean
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.vocabulary import AROUND, EXPANDING, RESERVED, canonical

GLUED = re.compile(r"\w+:\S.*")
"""`conv:64`, which YAML takes for one word."""

SUBSAMPLING = "write `avgpool: 2`, and `scale` behind it for the subsampling of 1998, which learns"
IN_OTHER_WORDS = {
    "pointwise": "it is a convolution: write `conv: 64, kernel: 1`",
    "pointwiseconv": "it is a convolution: write `conv: 64, kernel: 1`",
    "unshared": "write `locally_connected`",
    "subsample": SUBSAMPLING,
    "subsampling": SUBSAMPLING,
    "downsample": "a `conv` or `maxpool` with a stride halves a map",
}
"""Names of layers that are no kinds here, and how to write what they mean."""


def bad_word(node: Scalar, blocks: tuple[str, ...]) -> Problem:
    """A bare item that is no kind of layer."""
    if node.text in blocks:
        message = f"'{node.text}' is a block, not a kind of layer"
        return Problem("unknown-kind", message, node.place, f"write `- use: {node.text}`")
    if node.is_null:
        return Problem("empty-item", "an empty item in a list of layers", node.place, "leave the `-` out")
    return missing_space(node) if GLUED.fullmatch(node.text) else unknown_kind(node)


def missing_space(key: Scalar) -> Problem:
    """`conv:64` for `conv: 64`."""
    fixed = key.text.replace(":", ": ", 1)
    message = f"there is no space after the colon in '{key.text}'"
    return Problem("no-space", message, key.place, f"write `{fixed}`")


def unknown_kind(key: Scalar) -> Problem:
    """A word that is no kind of layer."""
    near = (
        in_other_words(key.text)
        or _in_a_row(key.text)
        or did_you_mean(key.text, [*BY_NAME, *EXPANDING, "use"])
    )
    hint = near or "`cnncalc kinds` lists them"
    if re.fullmatch(r"\w+\(.*\)", key.text) and not _in_a_row(key.text):
        hint = "options stand beside the kind, as in {Conv2d: 16, kernel_size: 3}"
    return Problem("unknown-kind", f"there is no kind of layer called '{key.text}'", key.place, hint)


def in_other_words(word: str) -> str:
    """How to write what a word means that names no kind here; nothing where we do not know it."""
    return IN_OTHER_WORDS.get(re.sub(r"[_\W]|\dd$", "", word.lower()), "")


def _in_a_row(text: str) -> str:
    """How `conv 10 5` is written: numbers behind a kind as its options, in their order."""
    word, *numbers = re.split(r"[\s,()]+", text.strip(" )"))
    kind = find_kind(word)
    if kind is None or not kind.main or not numbers or not all(map(str.isdecimal, numbers)):
        return ""
    names = [
        word,
        *(name for name in ("kernel", "stride", "padding") if name in set(options_of(kind)) - {kind.main}),
    ]
    if len(numbers) > len(names):
        return ""
    return f"write `{', '.join(f'{name}: {number}' for name, number in zip(names, numbers, strict=False))}`"


def nested_list(node: Sequence) -> Problem:
    """`- [relu]` in a list of layers."""
    message = "a list inside a list of layers"
    return Problem("nested-list", message, node.place, "branches stand inside add, mul or concat")


def no_operation(node: Mapping) -> Problem:
    """An item none of whose keys is a kind of layer."""
    options = {option for kind in KINDS for option in options_of(kind)}
    for key, value in node.entries:
        if GLUED.fullmatch(key.text) and isinstance(value, Scalar) and value.is_null:
            return missing_space(key)
        if key.text not in AROUND and canonical(key.text) not in options:
            return unknown_kind(key)
    hint = "one key names it, as in `conv: 64` or `use: block`"
    return Problem("no-operation", "this item does not say what kind of layer it is", node.place, hint)


def unknown_option(kind: type[Layer], key: Scalar, value: Node) -> Problem:
    """A key beside an operation that is none of its options."""
    if find_kind(key.text):
        message = f"one item holds two operations, {kind.kind} and {key.text}"
        return Problem("two-operations", message, key.place, "give each a line of its own")
    if isinstance(value, Scalar) and value.is_null and GLUED.fullmatch(key.text):
        return missing_space(key)
    hint = did_you_mean(key.text, [*options_of(kind), *AROUND])
    return Problem("unknown-option", f"{kind.kind} has no option '{key.text}'", key.place, hint)


def cut_off_call(value: Scalar) -> Problem:
    """`max(8` and `16)`, which YAML makes of a call in braces."""
    message = f"'{value.text}' is cut off: in braces a comma ends the value"
    a_call = 'put it in quotes, as in "max(a, b)"'
    hint = "write a list in brackets, as in [3, 3]" if value.text.startswith("(") else a_call
    return Problem("unquoted-comma", message, value.place, hint)


def no_main(kind: type[Layer], value: Node) -> Problem:
    """`batchnorm: 64`."""
    hint = f"write `- {kind.kind}`, or with options `{{{kind.kind}: , name: …}}`"
    return Problem("no-main", f"{kind.kind} takes no value of its own", value.place, hint)


def given_twice(kind: type[Layer], name: str, key: Scalar) -> Problem:
    """The same option under two names."""
    hint = f"'{key.text}' is another word for it" if key.text != name else "keep one of them"
    if kind.main == name == key.text:
        hint = f"`{kind.kind}: …` is its {name} already"
        hint += "" if "filters" in options_of(kind) else "; the channels are those of the input"
    return Problem("given-twice", f"{name} of {kind.kind} is given twice", key.place, hint)


def bad_name(given: Node) -> Problem:
    """A name that nothing can have."""
    text = f"'{given.text}'" if isinstance(given, Scalar) else "this"
    hint = f"letters, digits, _ and -, beginning with a letter; not {', '.join(RESERVED)}"
    return Problem("bad-name", f"{text} cannot be a name", given.place, hint)


def duplicate_name(given: Scalar, line: int) -> Problem:
    """Two layers of one list with the same name."""
    message = f"the name '{given.text}' is taken (line {line})"
    return Problem("duplicate-name", message, given.place, "names are unique in a list of layers")


def bad_merge(kind: type[Layer], key: Scalar) -> Problem:
    """A merge of neither branches nor names."""
    message = f"{kind.kind} joins branches (a mapping of lists) or tensors (a list of names)"
    return Problem("bad-merge", message, key.place, f"as in `{kind.kind}: [input, prev]`")
