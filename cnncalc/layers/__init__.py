"""All layer kinds.

To add a kind:

1. Write its class in the file of its family: fields are its options in a spec, methods its rules (`output`,
   `windows`, `weights`, `operations`), class attributes its properties (`family`, `has_neurons`, `is_view`,
   `backward_reads` …).
2. Add the class to the `KINDS` at the end of that file.
3. Add its forward operation and gradient to the executor.
4. If other tools count it, add it to `RULES` in `analysis/conventions.py`.
5. Add how it is written in PyTorch, or why not, to `interchange/pytorch_source/rules.py`.
6. Add its PyTorch equivalent to `tests/executor/twin_layers.py` and a random layer to
   `tests/executor/random_layers.py`. `tests/layers/test_kinds.py` and `tests/executor/ops/test_contract.py`
   report what is missing.

A kind with `is_declared` needs neither 3 nor 6: nothing says what it computes.
"""

import re
from functools import cache
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert
from msgspec.structs import fields, replace

from cnncalc.layers import (
    activation,
    adaptive,
    attending,
    convolution,
    declaring,
    dense,
    embedding,
    local,
    merging,
    normalization,
    pooling,
    rearranging,
    reducing,
    resampling,
    reshaping,
    scaling,
    sources,
)
from cnncalc.layers.base import Example, Layer, LayerError
from cnncalc.layers.merging import Merge
from cnncalc.layers.scaling import Scale
from cnncalc.layers.sources import TensorSource

NORMS = normalization.KINDS
ACTIVATIONS = activation.KINDS

KINDS: tuple[type[Layer], ...] = (
    *convolution.KINDS,
    *local.KINDS,
    *dense.KINDS,
    *embedding.KINDS,
    *attending.KINDS,
    *pooling.KINDS,
    *adaptive.KINDS,
    *reducing.KINDS,
    *normalization.KINDS,
    *activation.KINDS,
    *scaling.KINDS,
    *sources.KINDS,
    *reshaping.KINDS,
    *rearranging.KINDS,
    *resampling.KINDS,
    *merging.KINDS,
    *declaring.KINDS,
)

BY_NAME: dict[str, type[Layer]] = {kind.kind: kind for kind in KINDS}
BY_ALIAS: dict[str, type[Layer]] = {alias: kind for kind in KINDS for alias in kind.aliases}

__all__ = [
    "ACTIVATIONS",
    "BY_NAME",
    "KINDS",
    "NORMS",
    "Example",
    "Layer",
    "LayerError",
    "Merge",
    "Option",
    "Scale",
    "TensorSource",
    "example_of",
    "find_kind",
    "options_of",
    "shortest_line",
]


@cache
def find_kind(word: str) -> type[Layer] | None:
    """Find a kind by its name, or by its name in PyTorch, Keras or Caffe (`Conv2d`, `max_pool`)."""
    if word in BY_NAME:
        return BY_NAME[word]
    plain = word.lower().replace("_", "").replace("-", "")
    plain = re.sub(r"[123]d(?=$|transpose)", "", plain)
    return BY_ALIAS.get(plain) or BY_NAME.get(plain)


class Option(Struct, frozen=True):
    """One option of a kind, from its class."""

    name: str
    type: object
    meaning: str
    expected: str
    words: frozenset[str]
    takes_real: bool
    is_flag: bool
    is_shape: bool
    default: object
    required: bool


@cache
def options_of(kind: type[Layer]) -> dict[str, Option]:
    """The options of a kind by name, in declaration order."""
    hints = get_type_hints(kind, include_extras=True)
    return {field.name: _option(field.name, hints[field.name], field.default) for field in fields(kind)}


SAMPLES: dict[str, object] = {"3": 3, "[1, 2]": (1, 2), "[[0, 1], [1, 2]]": ((0, 1), (1, 2))}
"""Sample values for required options: as text in a spec, and as a value."""


def example_of(kind: type[Layer]) -> Example:
    """The example layer of a kind, with its line."""
    return kind.example if kind.example.line else replace(kind.example, line=shortest_line(kind))


def shortest_line(kind: type[Layer]) -> str:
    """The shortest spec item with all required options: `relu`, `{conv: 3, kernel: 3}`."""
    given = {option.name: _sample(option) for option in options_of(kind).values() if option.required}
    if not given and not issubclass(kind, Merge):
        return kind.kind
    main = "[input, prev]" if issubclass(kind, Merge) else given.pop(kind.main, "")
    others = "".join(f", {name}: {value}" for name, value in given.items())
    return f"{{{kind.kind}: {main}{others}}}"


def _sample(option: Option) -> str:
    """The first sample that has the option's type."""
    for text, value in SAMPLES.items():
        try:
            convert(value, option.type)
        except ValidationError:
            continue
        return text
    return "…"


def _option(name: str, hint: object, default: object) -> Option:
    metas = [meta for meta in _metas(hint) if isinstance(meta, Meta)]
    extra = {key: value for meta in metas for key, value in (meta.extra or {}).items()}
    words = frozenset(_words(hint))
    return Option(
        name=name,
        type=hint,
        meaning=next((meta.description for meta in reversed(metas) if meta.description), ""),
        expected=extra.get("expected") or "one of " + ", ".join(sorted(words)),
        words=words,
        takes_real=float in _leaves(hint),
        is_flag={leaf for leaf in _leaves(hint) if isinstance(leaf, type)} == {bool},
        is_shape="shape" in extra,
        default=None if default is NODEFAULT else default,
        required=default is NODEFAULT,
    )


def _metas(hint: object) -> tuple[object, ...]:
    """The metadata of a type hint, innermost first; for a union, of its members."""
    if get_origin(hint) is Annotated:
        inner, *metas = get_args(hint)
        return (*_metas(inner), *metas)
    if get_origin(hint) is Union or type(hint).__name__ == "UnionType":
        return tuple(meta for part in get_args(hint) for meta in _metas(part) if isinstance(meta, Meta))
    return ()


def _words(hint: object) -> set[str]:
    if get_origin(hint) is Literal:
        return {word for word in get_args(hint) if isinstance(word, str)}
    return {word for part in get_args(hint) for word in _words(part)}


def _leaves(hint: object) -> set[object]:
    parts = get_args(hint)
    return {leaf for part in parts for leaf in _leaves(part)} if parts else {hint}
