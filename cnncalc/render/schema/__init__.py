"""JSON Schemas (draft 2020-12) of what cnncalc reads and prints, generated from its own classes."""

from collections.abc import Callable
from importlib import import_module
from typing import Literal, cast, get_args

Schema = dict[str, object]
SchemaName = Literal["spec", "report", "answers"]
NAMES: tuple[SchemaName, ...] = get_args(SchemaName)

__all__ = ["NAMES", "Schema", "SchemaName", "schema"]


def schema(name: SchemaName) -> Schema:
    """The schema of specs, of `show --format json`, or of answers to an exercise.

    Raises:
        ValueError: there is no schema of that name.

    >>> schema("spec")["required"]
    ['cnncalc', 'input', 'layers']
    """
    if name not in NAMES:
        raise ValueError(f"there is no schema '{name}'; there are: {', '.join(NAMES)}")
    module = import_module(f"cnncalc.render.schema.{name}")
    make = cast(Callable[[], Schema], getattr(module, f"{name}_schema"))
    return make()
