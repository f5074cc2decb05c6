"""The JSON Schema of one item in a list of layers, generated from the classes of the kinds."""

import re
from functools import cache
from inspect import cleandoc

from cnncalc.layers import ACTIVATIONS, KINDS, NORMS, Layer, Merge, Option, options_of
from cnncalc.render.schema.values import (
    NAME,
    Schema,
    closed,
    described,
    is_long,
    near,
    not_near,
    number,
    or_nothing,
    reference,
    value_schema,
    words_of,
)
from cnncalc.spec.companions import NORM_WORDS
from cnncalc.spec.vocabulary import ALIASES, AROUND, EXPANDING

TENSOR = r"^[^\s*{}\[\],]+$"
MEANINGS = {
    "name": "how other layers, claims and results call it; without it a number is given: conv1, conv2",
    "from": "the tensor that it reads instead of the one before: a name above, or a path: stage2.3.conv1",
    "repeat": "how many times it stands here, one behind the other; i, first and last tell which time it is",
    "when": "a condition; where it is false the layer is left out and what enters goes straight through",
    "share": "the layer, or use of a block, above whose weights it uses: parameters count once",
    "expect": "claims about it, which are checked",
    "budget": "limits on it, which are checked",
    "freeze": "whether training leaves its weights alone",
    "note": "whatever there is to say about it",
    "in": "the channels that arrive, asserted",
    "norm": "a normalisation behind it, as a layer of its own",
    "act": "an activation behind it, as a layer of its own",
}
"""What may stand around any operation, in a line each."""

ROLES = {"norm": tuple(NORM_WORDS), "act": tuple(kind.kind for kind in ACTIVATIONS)}
"""The words that `norm:` and `act:` take; for these two also text that a block is given."""

SQUEEZE = {
    "reduced": "channels between its two convolutions",
    "act": "what stands between the convolutions",
    "gate": "what makes the factors",
}
JOINS = "branches: a mapping of lists of layers, in which [] is what enters; or a list of tensors"


def short_words(kind: type[Layer]) -> tuple[str, ...]:
    """Words that name a normalisation behind `norm:` only."""
    return tuple(word for word, name in NORM_WORDS.items() if name == kind.kind)


@cache
def word_pattern(kind: type[Layer], short: tuple[str, ...] = ()) -> str:
    """A pattern of all words for a kind: `Conv2d`, `conv_2d`, `convolution` as `find_kind` reads them."""
    plain = [*kind.aliases, *([] if "_" in kind.kind else [kind.kind])]
    return f"^(?:{'|'.join([re.escape(kind.kind), *map(_loosely, plain), *short])})$"


def _loosely(word: str) -> str:
    """In capitals or not, with `_` and `-` anywhere, and with 1d, 2d or 3d where libraries put it."""
    gap, dimensions = "[-_]*", "(?:[-_]*[123][-_]*[dD])?"
    head, transpose, tail = word.partition("transpose")
    parts = [head, transpose + tail] if transpose else [head]
    letters = [gap.join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in part) for part in parts]
    return gap + f"{dimensions}{gap}".join(letters) + dimensions + gap


def has(*words: str) -> Schema:
    """An object one of whose keys is one of these words, which are defined by name."""
    each = [reference(f"word.{word}") for word in words]
    names: Schema = {"not": each[0]} if len(each) == 1 else {"not": {"anyOf": each}}
    return {"type": "object", "not": {"propertyNames": names}}


def names_of(option: str, own: frozenset[str]) -> list[str]:
    """An option as it may be called, unless the kind has another one of that name."""
    return [option, *(alias for alias, target in ALIASES.items() if target == option and alias not in own)]


def definitions() -> Schema:
    """What lists of layers are made of, under the names that they refer to each other by."""
    found: Schema = {"layers": {"type": "array", "items": reference("layer")}, "layer": layer()}
    found |= {f"around.{name}": _around(name) for name in AROUND}
    found["norm.item"] = _companion("norm", NORMS)
    found["act.item"] = _companion("act", ACTIVATIONS)
    found["use"], found["squeeze_excite"] = _use(), _squeeze_excite()
    found["word.any"] = {"anyOf": [reference(f"word.{kind.kind}") for kind in KINDS]}
    found["word.norm"] = {"anyOf": [reference(f"word.{kind.kind}.short") for kind in NORMS]}
    found["word.act"] = {"anyOf": [reference(f"word.{kind.kind}") for kind in ACTIVATIONS]}
    found["word.block"] = {"enum": list(EXPANDING)}
    for kind in KINDS:
        found |= _of_kind(kind)
    known = {word for kind in KINDS for option in options_of(kind).values() for word in words_of(option.type)}
    return found | {
        f"near.{word}": {"pattern": near(word)}
        for word in sorted(known.union(*ROLES.values()) - {"none"})
        if is_long(word)
    }


def layer() -> Schema:
    """One item: a bare word, the use of a block, or a mapping with the key of one kind."""
    words = described("a kind of layer that needs no options", enum=[kind.kind for kind in KINDS])
    return {
        "type": ["string", "object"],
        "if": {"type": "string"},
        "then": {"anyOf": [words, reference("word.any")]},
        "else": {
            "if": {"required": ["use"]},
            "then": reference("use"),
            "else": {
                "if": has("block"),
                "then": reference("squeeze_excite"),
                "else": {"allOf": [_nothing(KINDS, "any"), *map(_if_kind, KINDS)]},
            },
        },
    }


def _nothing(kinds: tuple[type[Layer], ...], word: str) -> Schema:
    """An item that names no kind, as while it is typed: what could be said is offered, and it fails."""
    offered: Schema = {kind.kind: described(summary(kind)) for kind in kinds}
    if kinds is KINDS:
        offered["use"] = described("a block of this file, with its parameters beside it")
    return {
        "if": {"not": has(word)},
        "then": {
            "properties": offered,
            "anyOf": [{"required": [name]} for name in offered],
            "errorMessage": "this does not say what kind of layer it is",
        },
    }


def _if_kind(kind: type[Layer]) -> Schema:
    """The rules of a kind where an item is of it: `{conv: 8, pad: 1}` is a conv, not a pad."""
    condition = has(kind.kind)
    owners = [other.kind for other in KINDS if other is not kind and _is_option(kind, other)]
    if owners:
        condition = {"allOf": [condition, {"not": has(*owners)}]}
    return {"if": condition, "then": reference(kind.kind)}


def _is_option(kind: type[Layer], other: type[Layer]) -> bool:
    """Whether a word for one kind is also an option of another."""
    own = frozenset(options_of(other))
    named = [name for option in own for name in names_of(option, own)]
    return any(re.search(word_pattern(kind), name) for name in named)


def summary(kind: type[Layer]) -> str:
    """The first paragraph of what a kind says of itself."""
    return " ".join(cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())


def _of_kind(kind: type[Layer]) -> Schema:
    """A kind's options, and the places where they stand: beside its key, below it, among the defaults."""
    options = options_of(kind)
    own = frozenset(options)
    found: Schema = {f"{kind.kind}.{name}": option_schema(option) for name, option in options.items()}
    inside: Schema = {
        alias: reference(f"{kind.kind}.{name}") for name in options for alias in names_of(name, own)
    }
    inside |= {alias: _as_truth(alias, value) for alias, value in inside.items() if alias.startswith("ceil")}
    around: Schema = {alias: reference(f"around.{name}") for name in AROUND for alias in names_of(name, own)}
    for_all = {name: around[name] for role in ("norm", "act") for name in names_of(role, own)}
    pattern = word_pattern(kind, short_words(kind))
    found[f"word.{kind.kind}"] = {"pattern": word_pattern(kind)}
    if kind.family == "norm":
        found[f"word.{kind.kind}.short"] = {"pattern": pattern}
    if not issubclass(kind, Merge):  # the value of a merge's key are its branches
        found[f"{kind.kind}.options"] = {
            "properties": {**inside, **around},
            "additionalProperties": False,
        }
    found[f"{kind.kind}.defaults"] = closed({**inside, **for_all}) | {"type": ["object", "null"]}
    found[kind.kind] = closed(
        {kind.kind: described(summary(kind)), **inside, **around},
        patternProperties={pattern: _main(kind)},
    )
    return found


def _as_truth(alias: str, value: object) -> object:
    """`ceil: true`, as PyTorch has it, besides the words of `fit`."""
    return {"anyOf": [{"type": "boolean"}, value], "description": f"{alias}: true is fit: ceil"}


def option_schema(option: Option) -> Schema:
    """One option: its meaning, what it takes, its default."""
    schema = value_schema(option.type, ("boolean",) if option.name == "fit" else ())
    meaning = f"{option.meaning} ({option.expected})" if option.meaning else option.expected
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    default = {} if value is None else {"default": value}
    return described(meaning, **schema, **default)


def _main(kind: type[Layer]) -> Schema:
    """The value of a kind's own key: its main option, all of its options, or what it joins."""
    if issubclass(kind, Merge):
        branches: Schema = {"type": "object", "additionalProperties": reference("layers")}
        tensors: Schema = {"items": {"type": ["string", "array"], "items": reference("layer")}}
        return described(JOINS, **branches | {"type": ["object", "array"]}, **tensors)
    below = reference(f"{kind.kind}.options")
    if not kind.main and kind.family != "norm":
        return {"type": ["object", "null"], **below}
    main = reference(f"{kind.kind}.{kind.main}") if kind.main else reference("around.in")
    return {"if": {"type": "object"}, "then": below, "else": {"if": {"type": "null"}, "else": main}}


def _around(name: str) -> Schema:
    special: dict[str, Schema] = {
        "name": {"type": "string", "pattern": NAME},
        "from": {"type": "string", "pattern": TENSOR},
        "repeat": number(0),
        "when": value_schema(bool),
        "share": {"type": "string", "pattern": TENSOR},
        "expect": or_nothing("claims.of_layer"),
        "budget": or_nothing("limits.of_layer"),
        "freeze": value_schema(bool),
        "note": {},
        "in": number(1),
        "norm": _role("norm", NORMS),
        "act": _role("act", ACTIVATIONS),
    }
    return described(MEANINGS[name], **special[name])


def _role(role: str, kinds: tuple[type[Layer], ...]) -> Schema:
    """A word, a text parameter of the block, nothing, or a mapping with options; no other kind."""
    known: Schema = {"enum": [*ROLES[role], "none", False, None]}
    spelt: Schema = {"type": "string", **reference(f"word.{role}")}
    parameter: Schema = {
        "type": "string",
        "pattern": NAME.replace("^", r"^\$?"),
        "allOf": [
            {"not": {"anyOf": [reference(f"word.{kind.kind}") for kind in KINDS if kind not in kinds]}},
            not_near(ROLES[role]),
        ],
    }
    return {
        "if": {"type": "object"},
        "then": reference(f"{role}.item"),
        "else": {"anyOf": [known, spelt, parameter]},
    }


def _companion(role: str, kinds: tuple[type[Layer], ...]) -> Schema:
    """`norm: {batch: {affine: false}}`: one of a few kinds, with its options."""
    short = ".short" if role == "norm" else ""
    each = [{"if": has(kind.kind + short), "then": reference(kind.kind)} for kind in kinds]
    return {"type": "object", "allOf": [_nothing(kinds, role), *each]}


def _use() -> Schema:
    around: Schema = {name: reference(f"around.{name}") for name in AROUND if name not in ("norm", "act")}
    scalar: Schema = {"type": ["number", "string", "boolean", "null", "array"]}
    named = described("a block of this file, or squeeze_excite", type="string", pattern=NAME)
    companions: Schema = {role: described(MEANINGS[role]) for role in ("norm", "act")}
    return {
        "type": "object",
        "properties": {"use": named, **around, **companions},
        "additionalProperties": described("a parameter of the block", **scalar),
    }


def _squeeze_excite() -> Schema:
    """The built-in block by its own word, its parameters beside it or below it."""
    gate = {"type": "string", "anyOf": [reference("word.act"), not_near(ROLES["act"])]}
    parameters: Schema = {
        "reduced": described(SQUEEZE["reduced"], **number(1)),
        **{name: described(SQUEEZE[name], **gate) for name in ("act", "gate")},
    }
    value: Schema = {
        "if": {"type": "object"},
        "then": closed(parameters),
        "else": described(SQUEEZE["reduced"], **number(1)),
    }
    around: Schema = {name: reference(f"around.{name}") for name in AROUND if name != "act"}
    return closed({**dict.fromkeys(EXPANDING, value), **around, **parameters})
