"""Shared by commands: exit codes, parsing of option values, reading specs."""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cnncalc.problems import Problem, Source, SpecError, UnreadableError, did_you_mean

if TYPE_CHECKING:
    from cnncalc.render.columns import Column
    from cnncalc.spec import Spec

OK, INVALID, USAGE, FAULT = 0, 1, 2, 3


class UsageError(Exception):
    """Invalid arguments on the command line."""


def code_of(error: SpecError) -> int:
    """The exit code for a spec that is unreadable, invalid or does not match the options."""
    return USAGE if error.is_about_the_call else INVALID


def either(words: Sequence[str]) -> str:
    """`a, b or c`."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


STDIN = "<stdin>"
"""The name of standard input in messages."""


def standard_input(name: str = STDIN) -> Source:
    """The text of standard input; raises UnreadableError."""
    from cnncalc.spec.files import decode

    return decode(standard_bytes(name), name)


def standard_bytes(name: str = STDIN) -> bytes:
    """The bytes of standard input, up to the most that a file may have, plus one; raises UnreadableError."""
    from cnncalc.spec.files import MAX_BYTES

    if sys.stdin is None:
        raise UnreadableError([Problem("unreadable", "standard input is closed")], Source(name, ""))
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def read_spec(
    name: str,
    settings: Mapping[str, str] | None = None,
    input: Sequence[str] | None = None,
    max_layers: int | None = None,
) -> "Spec":
    """The spec of a file, a bundled name, `-` for standard input, or a model in Python; `input` as `--input`.

    `main:net` is a path in a revision of git where there is such a revision, else a model.

    Raises:
        SpecError: the spec is not valid.
        UsageError: two shapes are for the same input.
    """
    from cnncalc.spec import MAX_LAYERS, load, load_source

    most = max_layers or MAX_LAYERS
    if name == "-":
        return load_source(standard_input(), set=settings, input=shapes_of(input), max_layers=most)
    if names_model(name):
        return _read_model(name, settings, shapes_of(input), most)
    if name.endswith(".py") and Path(name).is_file():
        hint = f"name the model in it: {Path(name).stem}:Net --input 3x224x224"
        raise UnreadableError(
            [Problem("unreadable", "it is Python code, not a spec", None, hint)], Source(name, "")
        )
    return load(Path(name), set=settings, input=shapes_of(input), max_layers=most)


def names_model(name: str) -> bool:
    """Whether `read_spec` takes a name for that of a model in Python."""
    if ":" not in name:
        return False
    from cnncalc.interchange.models import is_model_to_import

    return is_model_to_import(name)


def _read_model(
    name: str, settings: Mapping[str, str] | None, shapes: Mapping[str, str] | None, most: int
) -> "Spec":
    """The spec of a model in Python, with its input of these shapes."""
    from cnncalc.interchange.models import model_text
    from cnncalc.spec import load_source

    text, _ = model_text(name, input=shapes)
    return load_source(text, set=settings, max_layers=most)


def shapes_of(texts: Sequence[str] | None) -> dict[str, str] | None:
    """The shapes of `--input [NAME=]SHAPE` by name, which is empty for the only input; raises UsageError."""
    shapes: dict[str, str] = {}
    for text in texts or ():
        name, equals, shape = text.partition("=")
        name, shape = (name.strip(), shape) if equals else ("", text)
        if name in shapes:
            again = f"'{name}' is given twice" if name else "two shapes for one input"
            raise UsageError(f"--input: {again}; with several inputs name each: --input image=3x320x320")
        shapes[name] = shape
    return shapes or None


def settings_of(pairs: Iterable[str] | None) -> dict[str, str]:
    """The variables of `--set KEY=VALUE`; raises UsageError."""
    settings = {}
    for pair in pairs or ():
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set: expected KEY=VALUE, as in --set classes=10; found '{pair}'")
        settings[name.strip()] = value.strip()
    return settings


def place_of(text: str | None, option: str = "--unit") -> tuple[int, ...] | None:
    """Parses `6,6` or `6x6`; None without a value. Raises ValueError."""
    if text is None:
        return None
    parts = re.split(r"[,x×\s]+", text.strip("()[] "))
    if not all(part.isdecimal() and len(part) < 10 for part in parts):
        raise ValueError(f"{option}: expected numbers, as in {option} 6,6; found '{text}'")
    return tuple(int(part) for part in parts)


@cache
def _titles() -> dict[str, str]:
    """Columns by their printed header, and by former names."""
    from cnncalc.quantities import FORMER
    from cnncalc.render.columns import COLUMNS

    return {column.title.lower(): column.name for column in COLUMNS.values()} | FORMER


def columns_of(names: str | None) -> "tuple[Column, ...] | None":
    """The columns of `--columns`, or None without it; raises UsageError."""
    if names is None:
        return None
    from cnncalc.render.columns import COLUMNS

    columns = [column_of(word.strip(), "--columns") for word in names.split(",") if word.strip()]
    if not columns:
        raise UsageError(f"--columns: expected {either([*COLUMNS])}")
    return tuple(columns)


def column_of(name: str, option: str) -> "Column":
    """The column with a name, a header or a former name; raises UsageError."""
    from cnncalc.render.columns import COLUMNS

    plain = _titles().get(name.lower(), name.lower().replace(" ", "_").replace("-", "_"))
    if plain in COLUMNS:
        return COLUMNS[plain]
    hint = did_you_mean(name, list(COLUMNS)) or f"expected {either([*COLUMNS])}"
    raise UsageError(f"{option}: there is no column '{name}'; {hint}")
