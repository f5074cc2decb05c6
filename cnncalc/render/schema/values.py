"""JSON Schemas of values in a spec: types and bounds from layer classes, or expressions."""

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, Union, get_args, get_origin

from msgspec import Meta

Schema = dict[str, object]

DRAFT = "https://json-schema.org/draft/2020-12/schema"

TEXTUAL = ("string", "number", "boolean")
ANYTHING: Schema = {"type": [*TEXTUAL, "array", "object", "null"]}
"""Any value. Editors write the colon behind a key only if its schema has a type."""
NO_TRUTH: Schema = {"type": ["string", "number", "array", "object", "null"]}
"""Any value of an option that is not true or false, which editors would offer."""
SECTION: Schema = {"type": ["object", *TEXTUAL, "array", "null"]}
"""Any value, with a mapping as the first choice, which editors start on the next line."""

LETTER = "A-Za-z_\u00aa-\u00d6\u00d8-\uffff"  # all but ×
WORD = f"[{LETTER}][{LETTER}0-9]*"
NUMBER = r"(?:0[xX][0-9a-fA-F]+|0o[0-7]+|[0-9][0-9_]*\.?[0-9]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+)"
OPERAND = rf"""(?:{NUMBER}|{WORD}(?:\.[{LETTER}0-9]+)*|'[^']*'|"[^"]*")"""
OPENING = rf"(?:\s*(?:\(|[-+]|not\s|{WORD}\s*\())*\s*"
CLOSING = r"(?:\s*\))*\s*"
OPERATOR = r"(?:\*\*|//|[-+*/%,]|[<>=!]=|[<>]|\b(?:and|or|if|else)\b)"
OLD_TRUTHS = r"(?!\s*(?:[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)\s*$)"
"""`no` and `off` are text in YAML 1.2 and unlikely names: most likely false is meant."""

EXPRESSION = rf"^{OLD_TRUTHS}\s*\$?{OPENING}{OPERAND}{CLOSING}(?:{OPERATOR}{OPENING}{OPERAND}{CLOSING})*$"
"""Arithmetic on numbers, names and paths; only cnncalc can evaluate the names."""
SIZES = r"^\s*[0-9]+(?:\s*[x×]\s*[0-9]+)+\s*$"
"""`3x5`, a size for each axis."""
NAME = rf"^[A-Za-z_][{LETTER}0-9-]*$"
PART = f"[{LETTER}0-9][{LETTER}0-9-]*"
QUOTED = rf"^(?=.*[./])(?!(?:prev|input|entry)[./])/?{PART}(?:[./]{PART})*$"
"""A name with dots or slashes, such as `"layer1.0.conv1"`; a schema cannot see that it is quoted."""
CONDITION = rf"^(?=.*\bif\b.*\belse\b){EXPRESSION[1:]}"
"""A choice between words: `batch if deep else none`."""

BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
TRUTHS = ("true", "false")
LONG = 4
TYPES: dict[object, str] = {int: "integer", float: "number", bool: "boolean"}


def value_schema(hint: object, also: tuple[str, ...] = ()) -> Schema:
    """The schema of an option of this type, which may also be an expression, or null for the default.

    `also` are further JSON types that the reader of specs accepts.
    """
    types_: list[str] = [*also]
    words = [word for word in words_of(hint) if word not in TRUTHS]
    keywords: Schema = {}
    items: Schema = {}
    for part, metas in _parts(hint):
        if get_origin(part) is tuple:
            types_.append("array")
            items = _item(get_args(part)[0])
        elif part in TYPES:
            types_.append(TYPES[part])
            keywords |= _bounds(metas)
    text = reference("sizes" if items else "expression")
    schema: Schema = {
        "type": ["string", *dict.fromkeys(types_), "null"],
        **keywords,
        "allOf": [text, {"items": items}] if items else [text],
    }
    schema |= not_near(words_of(hint))
    return {"anyOf": [{"enum": words}, schema]} if words else schema


def plain_schema(hint: object) -> Schema:
    """The schema of a value of this type as JSON has it: without expressions."""
    forms: list[Schema] = []
    for part, metas in _parts(hint):
        if part is type(None):
            forms.append({"type": "null"})
        elif get_origin(part) is Literal:
            forms.append({"enum": list(get_args(part))})
        elif get_origin(part) is tuple:
            inner = [each for each in get_args(part) if each is not Ellipsis]
            several = [plain_schema(each) for each in dict.fromkeys(inner)]
            forms.append({"type": "array", "items": several[0] if len(several) == 1 else {"anyOf": several}})
        elif part in TYPES:
            forms.append({"type": TYPES[part], **_bounds(metas)})
        elif part is str:
            forms.append({"type": "string"})
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def words_of(hint: object) -> tuple[str, ...]:
    """The words that an option of this type accepts."""
    parts = [part for part, _ in _parts(hint)]
    words = [word for part in parts if get_origin(part) is Literal for word in get_args(part)]
    return (*words, *(TRUTHS if bool in parts else ()))


def not_near(words: Iterable[str]) -> Schema:
    """Refuses text that is likely a misspelling of one of these words, not the name of a variable."""
    near = [reference(f"near.{word}") for word in words if is_long(word)]
    return {"not": {"type": "string", "anyOf": near}} if near else {}


def is_long(word: str) -> bool:
    """Whether a word is so long that similar words are likely typos."""
    return len(word) >= LONG


def near(word: str) -> str:
    """A pattern of words one typo away: an extra, missing or wrong letter, or two swapped ones."""
    right = f"{word}|{word.capitalize()}" if word in TRUTHS else word
    forms: list[str] = []
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        forms += [f"{head}[A-Za-z]{tail}"]
        forms += [f"{head}{tail[1:]}", f"{head}[A-Za-z]{tail[1:]}"] if tail else []
        forms += [f"{head}{tail[1]}{tail[0]}{tail[2:]}"] if len(tail) > 1 else []
    return f"^(?!(?:{right})$)(?:{'|'.join(dict.fromkeys(forms))})$"


def _item(hint: object) -> Schema:
    """The items of a list; an item is one number, or a list for both sides of an axis."""
    parts = list(_parts(hint))
    is_sides = len(parts) > 1 and any(get_origin(part) is tuple for part, _ in parts)
    schema = value_schema(hint)
    return {**schema, "minItems": 2, "maxItems": 2} if is_sides else schema


def _parts(hint: object, metas: tuple[Meta, ...] = ()) -> Iterator[tuple[object, tuple[Meta, ...]]]:
    """The members of a union with their annotations."""
    if get_origin(hint) is Annotated:
        inner, *more = get_args(hint)
        yield from _parts(inner, (*metas, *(meta for meta in more if isinstance(meta, Meta))))
    elif get_origin(hint) in (Union, types.UnionType):
        for part in get_args(hint):
            yield from _parts(part, metas)
    else:
        yield hint, metas


def _bounds(metas: tuple[Meta, ...]) -> Schema:
    bounds = ((BOUNDS[name], getattr(meta, name)) for meta in metas for name in BOUNDS)
    return {keyword: bound for keyword, bound in bounds if bound is not None}


def number(minimum: int) -> Schema:
    """A whole number of at least `minimum`, or an expression for one."""
    return {"type": ["string", "integer"], "minimum": minimum, "allOf": [reference("expression")]}


def or_nothing(name: str) -> Schema:
    """A reference to a definition, or an empty section."""
    return {"type": ["object", "null"], "if": {"type": "object"}, "then": reference(name)}


def section(name: str) -> Schema:
    """A reference to a definition with many properties, of which editors insert none by themselves."""
    return {"type": ["object", "null"], "allOf": [reference(name)]}


def definitions() -> Schema:
    """A string in place of a number."""
    return {
        "expression": {"pattern": EXPRESSION, "errorMessage": "expected a number or an expression"},
        "sizes": {
            "pattern": f"(?:{EXPRESSION})|(?:{SIZES})",
            "errorMessage": "expected a number, an expression, or sizes such as 3x5",
        },
    }


def unadvertised(schema: object) -> Schema:
    """A schema of a key that editors accept and do not offer, such as another name of an option."""
    return {"allOf": [schema], "doNotSuggest": True}


def offering(words: Mapping[str, str]) -> Schema:
    """Words that editors offer for a value, with their meanings; what is valid is said elsewhere."""
    return {
        "defaultSnippets": [
            {"label": word, "body": word, "description": text} for word, text in words.items()
        ]
    }


def described(text: str, **schema: object) -> Schema:
    """A schema with a description that editors show."""
    return {"description": text, **schema}


def closed(properties: Schema, **others: object) -> Schema:
    """An object with these properties and no others."""
    return {"type": "object", "properties": properties, **others, "additionalProperties": False}


def reference(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/$defs/{name}"}
