"""The JSON Schema of one item in a list of layers, generated from the classes of the kinds."""

import re
from functools import cache
from inspect import cleandoc

from cnncalc.layers import ACTIVATIONS, KINDS, NORMS, Layer, Merge, Option, find_kind, options_of
from cnncalc.render.schema.values import (
    ANYTHING,
    CONDITION,
    NAME,
    NO_TRUTH,
    QUOTED,
    SECTION,
    Schema,
    closed,
    described,
    is_long,
    near,
    not_near,
    number,
    offering,
    or_nothing,
    reference,
    unadvertised,
    value_schema,
    words_of,
)
from cnncalc.spec.companions import NORM_WORDS
from cnncalc.spec.trunk import CHOICES
from cnncalc.spec.vocabulary import ALIASES, AROUND, EXPANDING

TENSOR = r"^[^\s*{}\[\],]+$"
MEANINGS = {
    "name": "name of the layer; default: the kind with a number, such as conv1",
    "from": "input layer, by name or path such as stage2.3.conv1; default: the previous layer",
    "repeat": "number of repeats in a row; expressions can use i, first and last",
    "when": "condition; if false, the layer is skipped",
    "otherwise": "what follows a layer left out: pass (what it would read) or drop (what is before it)",
    "aside": "true for a side branch that only its name reads; what follows continues from before it",
    "share": "layer or block above whose weights to use; they count once",
    "expect": "expected values of the layer",
    "budget": "budgets of the layer",
    "freeze": "whether the weights are frozen in training",
    "note": "any comment",
    "in": "expected number of input channels",
    "norm": "normalization to add after the layer",
    "act": "activation to add after the layer",
}
"""The keys that any layer may have, with their meanings."""

ROLES = {"norm": tuple(NORM_WORDS), "act": tuple(kind.kind for kind in ACTIVATIONS)}
"""The words for `norm:` and `act:`, which also take text parameters of a block."""

SQUEEZE = {
    "reduced": "channels between the two convolutions",
    "act": "activation between the convolutions",
    "gate": "activation that makes the factors",
}
UNKNOWN = "unknown kind of layer"
BLOCK = "squeeze-and-excitation: a factor for each channel, from the means of all channels"
JOINS = "branches: a mapping of lists of layers, where [] is the identity; or a list of tensors"


def short_words(kind: type[Layer]) -> tuple[str, ...]:
    """Words that name a normalization only as a value of `norm:`."""
    return tuple(word for word, name in NORM_WORDS.items() if name == kind.kind)


@cache
def word_pattern(kind: type[Layer], short: tuple[str, ...] = ()) -> str:
    """A pattern of all names of a kind that `find_kind` accepts: `Conv2d`, `conv_2d`, `convolution`."""
    plain = [*kind.aliases, *([] if "_" in kind.kind else [kind.kind])]
    return f"^(?:{'|'.join([re.escape(kind.kind), *map(_loosely, plain), *short])})$"


def _loosely(word: str) -> str:
    """A pattern that ignores case, `_` and `-`, and allows 1d, 2d or 3d as in other libraries."""
    gap, dimensions = "[-_]*", "(?:[-_]*[123][-_]*[dD])?"
    head, transpose, tail = word.partition("transpose")
    parts = [head, transpose + tail] if transpose else [head]
    letters = [gap.join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in part) for part in parts]
    return gap + f"{dimensions}{gap}".join(letters) + dimensions + gap


def has(*words: str) -> Schema:
    """An object with a key that is one of these words, which are defined by name."""
    each = [reference(f"word.{word}") for word in words]
    names: Schema = {"not": each[0]} if len(each) == 1 else {"not": {"anyOf": each}}
    return {"type": "object", "not": {"propertyNames": names}}


def names_of(option: str, own: frozenset[str]) -> list[str]:
    """All names of an option, except those of other options of the kind."""
    return [option, *(alias for alias, target in ALIASES.items() if target == option and alias not in own)]


def definitions() -> Schema:
    """The definitions for lists of layers, by the names used in references."""
    found: Schema = {"layers": {"type": "array", "items": reference("layer")}, "layer": layer()}
    found |= {f"around.{name}": _around(name) for name in AROUND}
    found["norm.item"] = _companion("norm", NORMS)
    found["act.item"] = _companion("act", ACTIVATIONS)
    found["plain"], found["use"], found["squeeze_excite"] = _plain(), _use(), _squeeze_excite()
    found["long"], found["squeeze_excite.long"] = _long(), _squeeze_excite(("kind",))
    found["word.any"] = {"anyOf": [reference(f"word.{kind.kind}") for kind in KINDS]}
    found["word.norm"] = {"anyOf": [reference(f"word.{kind.kind}.short") for kind in NORMS]}
    found["word.act"] = {"anyOf": [reference(f"word.{kind.kind}") for kind in ACTIVATIONS]}
    found["word.block"] = {"enum": list(EXPANDING)}
    for kind in KINDS:
        found |= _of_kind(kind)
    known = {word for kind in KINDS for option in options_of(kind).values() for word in words_of(option.type)}
    return found | {
        f"near.{word}": {"pattern": near(word)}
        for word in sorted(known.union(*ROLES.values()))
        if is_long(word)
    }


def layer() -> Schema:
    """One item: a plain word, the use of a block, or a mapping with the key of a kind."""
    alone = {kind.kind: summary(kind) for kind in KINDS if is_complete(kind)}
    return {
        "type": ["string", "object"],
        "allOf": [{"if": {"type": ["string", "null"]}, "then": offering(alone)}],
        "if": {"type": "string"},
        "then": reference("plain"),
        "else": {
            "if": {"type": "object", "required": ["use"]},
            "then": reference("use"),
            "else": {
                "if": {"type": "object", "required": ["kind"]},
                "then": reference("long"),
                "else": {
                    "if": has("block"),
                    "then": reference("squeeze_excite"),
                    "else": {"allOf": [_nothing(KINDS, "any"), *map(_if_kind, KINDS)]},
                },
            },
        },
    }


def is_complete(kind: type[Layer]) -> bool:
    """Whether the word alone is a layer: `relu`, but not `conv`, unless the defaults have its options."""
    return not issubclass(kind, Merge) and not any(option.required for option in options_of(kind).values())


def _plain() -> Schema:
    """The name of a kind as an item."""
    known = [described(summary(kind), **reference(f"word.{kind.kind}")) for kind in KINDS]
    return {
        "if": reference("word.any"),
        "then": {"anyOf": known},
        "else": {"type": "object", "errorMessage": UNKNOWN},
    }


def _long() -> Schema:
    """`{kind: conv, filters: 8, kernel: 3}`: the kind is a value, and all options are keys."""
    words = {
        "anyOf": [
            {"enum": [*(kind.kind for kind in KINDS), *EXPANDING], "errorMessage": UNKNOWN},
            reference("word.any"),
        ]
    }
    each = [
        {"if": _kind_is(reference(f"word.{kind.kind}")), "then": reference(f"{kind.kind}.long")}
        for kind in KINDS
    ]
    block = {"if": _kind_is(reference("word.block")), "then": reference("squeeze_excite.long")}
    kind = described("a kind of layer; its options are further keys", type="string", **words)
    return {"type": "object", "properties": {"kind": kind}, "allOf": [*each, block]}


def _kind_is(word: Schema) -> Schema:
    return {"properties": {"kind": word}}


def _nothing(kinds: tuple[type[Layer], ...], word: str) -> Schema:
    """An item without a kind, such as one being typed: it offers completions and is not valid."""
    offered: Schema = {
        kind.kind: described(summary(kind), **(SECTION if is_complete(kind) else ANYTHING)) for kind in kinds
    }
    if kinds is KINDS:
        offered["use"] = described("a block of this file; its parameters are further keys", type="string")
        offered[next(iter(EXPANDING))] = described(BLOCK, **ANYTHING)
        offered |= {name: described(text, **ANYTHING) for name, text in MEANINGS.items()}
    options = dict.fromkeys(option for kind in kinds for option in (*options_of(kind), *AROUND))
    known = dict.fromkeys(name for option in options for name in names_of(option, frozenset(options)))
    others: Schema = {name: unadvertised({}) for name in known if name not in offered}
    return {
        "if": {"not": has(word)},
        "then": {
            **closed({**offered, **others}, errorMessage="not a kind of layer, nor an option of one"),
            "if": {"propertyNames": {"enum": [*offered, *others]}},
            "then": {"required": ["kind"], "errorMessage": "missing kind of layer"},
        },
    }


def _if_kind(kind: type[Layer]) -> Schema:
    """Applies the schema of a kind to its items: `{conv: 8, pad: 1}` is a conv, not a pad."""
    condition = has(kind.kind)
    owners = [other.kind for other in KINDS if other is not kind and _is_option(kind, other)]
    if owners:
        condition = {"allOf": [condition, {"not": has(*owners)}]}
    return {"if": condition, "then": reference(kind.kind)}


def _is_option(kind: type[Layer], other: type[Layer]) -> bool:
    """Whether the name of a kind is also an option of another kind."""
    own = frozenset(options_of(other))
    named = [name for option in own for name in names_of(option, own)]
    return any(re.search(word_pattern(kind), name) for name in named)


def summary(kind: type[Layer]) -> str:
    """The first paragraph of a kind's documentation."""
    return " ".join(cleandoc(kind.__doc__ or "").partition("\n\n")[0].split())


def _of_kind(kind: type[Layer]) -> Schema:
    """The options of a kind in all places: next to its key, below it, and in the defaults."""
    options = options_of(kind)
    own = frozenset(options)
    found: Schema = {f"{kind.kind}.{name}": option_schema(option) for name, option in options.items()}
    inside: Schema = {}
    for name in options:
        inside |= _named(name, own, reference(f"{kind.kind}.{name}"))
    inside |= {alias: _as_truth(alias, value) for alias, value in inside.items() if alias.startswith("ceil")}
    around: Schema = {}
    for name in AROUND:
        around |= _named(name, own, reference(f"around.{name}"))
    for_all = {name: around[name] for role in ("norm", "act") for name in names_of(role, own)}
    pattern = word_pattern(kind, short_words(kind))
    found[f"word.{kind.kind}"] = {"pattern": word_pattern(kind)}
    if kind.family == "norm":
        found[f"word.{kind.kind}.short"] = {"pattern": pattern}
    if not issubclass(kind, Merge):  # the value of a merge's key contains its branches
        found[f"{kind.kind}.options"] = {
            "properties": {**inside, **around},
            "additionalProperties": False,
        }
    joins: Schema = {"inputs": described(JOINS, **_main(kind))} if issubclass(kind, Merge) else {}
    found[f"{kind.kind}.long"] = closed({"kind": {}, **joins, **inside, **around})
    found[f"{kind.kind}.defaults"] = closed({**inside, **for_all}) | {"type": ["object", "null"]}
    main = described(_meaning_of_main(kind), **_main(kind))
    others = f"^(?!{re.escape(kind.kind)}$){pattern[1:]}"  # editors skip patterns for a key in `properties`
    # `group` is a short word for groupnorm, and also a name of its option `groups`
    short: Schema = {name: unadvertised(main) for name in short_words(kind) if name in inside}
    properties: Schema = {kind.kind: main, **inside, **around, **short}
    found[kind.kind] = closed(properties, patternProperties={others: main})
    return found


def _meaning_of_main(kind: type[Layer]) -> str:
    """What the kind is, and what the value of its key is."""
    if issubclass(kind, Merge):
        return f"{summary(kind)}\n\n{JOINS}"
    if not kind.main:
        return summary(kind)
    return f"{summary(kind)}\n\n{kind.main}: {_meaning(options_of(kind)[kind.main])}"


def _named(option: str, own: frozenset[str], schema: Schema) -> Schema:
    """An option under all its names, of which editors offer cnncalc's."""
    return {name: schema if name == option else unadvertised(schema) for name in names_of(option, own)}


def _as_truth(alias: str, value: object) -> object:
    """`ceil: true` as in PyTorch, in addition to the words of `fit`."""
    either = {"anyOf": [{"type": "boolean"}, value]}
    return described(f"{alias}: true means fit: ceil", **unadvertised(either))


def option_schema(option: Option) -> Schema:
    """One option: its meaning, type and default."""
    value = list(option.default) if isinstance(option.default, tuple) else option.default
    default = {} if value is None else {"default": value}
    return described(_meaning(option), **_value_of(option), **default)


def _meaning(option: Option) -> str:
    return f"{option.meaning} ({option.expected})" if option.meaning else option.expected


def _value_of(option: Option) -> Schema:
    return value_schema(option.type, ("boolean",) if option.name == "fit" else ())


def _main(kind: type[Layer]) -> Schema:
    """The value of a kind's key: its main option, a mapping of options, or the inputs of a merge."""
    if issubclass(kind, Merge):
        branches: Schema = {"type": "object", "additionalProperties": reference("layers")}
        tensors: Schema = {"items": {"type": ["string", "array"], "items": reference("layer")}}
        return branches | {"type": ["object", "array"], "allOf": [tensors]}
    below = reference(f"{kind.kind}.options")
    if not kind.main and kind.family != "norm":
        return {"type": ["object", "null"], **below}
    main = _value_of(options_of(kind)[kind.main]) if kind.main else number(1)  # described by the key
    words = words_of(options_of(kind)[kind.main].type) if kind.main else ()
    offered = {**NO_TRUTH, **offering(dict.fromkeys(words, summary(kind)))} if words else ANYTHING
    others: Schema = {"if": {"type": "null"}, "else": main}
    return {**offered, "if": {"type": "object"}, "then": below, "else": others}


def _around(name: str) -> Schema:
    special: dict[str, Schema] = {
        "name": {"type": "string", "pattern": f"{NAME}|{QUOTED}"},
        "from": {"type": "string", "pattern": TENSOR},
        "repeat": number(0),
        "when": value_schema(bool),
        "otherwise": {"enum": list(CHOICES)},
        "aside": {"type": "boolean"},
        "share": {"type": "string", "pattern": TENSOR},
        "expect": or_nothing("claims.of_layer"),
        "budget": or_nothing("limits.of_layer"),
        "freeze": value_schema(bool),
        "note": ANYTHING,
        "in": number(1),
        "norm": _role("norm", NORMS),
        "act": _role("act", ACTIVATIONS),
    }
    return described(MEANINGS[name], **special[name])


def _role(role: str, kinds: tuple[type[Layer], ...]) -> Schema:
    """A word, a text parameter of the block, null, or a mapping with options; no other kind."""
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
    words = {word: summary(find_kind(NORM_WORDS.get(word, word)) or Layer) for word in ROLES[role]}
    return {
        **offering({**words, "none": "nothing, whatever the defaults are"}),
        "if": {"type": "object"},
        "then": reference(f"{role}.item"),
        "else": {"anyOf": [known, spelt, parameter, {"type": "string", "pattern": CONDITION}]},
    }


def _companion(role: str, kinds: tuple[type[Layer], ...]) -> Schema:
    """`norm: {batch: {affine: false}}`: one of some kinds, with its options."""
    short = ".short" if role == "norm" else ""
    each = [{"if": has(kind.kind + short), "then": reference(kind.kind)} for kind in kinds]
    named = [
        {"if": _kind_is(reference(f"word.{kind.kind}{short}")), "then": reference(f"{kind.kind}.long")}
        for kind in kinds
    ]
    return {
        "type": "object",
        "if": {"required": ["kind"]},
        "then": {"properties": {"kind": reference(f"word.{role}")}, "allOf": named},
        "else": {"allOf": [_nothing(kinds, role), *each]},
    }


def _use() -> Schema:
    around: Schema = {name: reference(f"around.{name}") for name in AROUND if name not in ("norm", "act")}
    scalar: Schema = {"type": ["number", "string", "boolean", "null", "array"]}
    named = described("a block of this file, or squeeze_excite", type="string", pattern=NAME)
    companions: Schema = {role: described(MEANINGS[role], **ANYTHING) for role in ("norm", "act")}
    return {
        "type": "object",
        "properties": {"use": named, **around, **companions},
        "additionalProperties": described("parameter of the block", **scalar),
    }


def _squeeze_excite(keys: tuple[str, ...] = tuple(EXPANDING)) -> Schema:
    """The built-in block by its name, with parameters next to it or below it."""
    gate = {"type": "string", "anyOf": [reference("word.act"), not_near(ROLES["act"])]}
    parameters: Schema = {
        "reduced": described(SQUEEZE["reduced"], **number(1)),
        **{name: described(SQUEEZE[name], **gate) for name in ("act", "gate")},
    }
    value: Schema = {
        "if": {"type": "object"},
        "then": closed(parameters),
        "else": number(1),
    }
    around: Schema = {name: reference(f"around.{name}") for name in AROUND if name != "act"}
    others: Schema = {} if keys == ("kind",) else {key: unadvertised(value) for key in keys[1:]}
    named: Schema = {keys[0]: {} if keys == ("kind",) else described(BLOCK, **value), **others}
    return closed({**named, **around, **parameters})
