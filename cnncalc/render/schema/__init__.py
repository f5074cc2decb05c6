"""JSON Schemas (draft 2020-12) of cnncalc's input and output, generated from its classes.

To add a schema: add a module here with a function that makes it, its name in `SchemaName`, and its entry in
`SCHEMAS`.
"""

from collections.abc import Callable
from typing import Literal, get_args

Schema = dict[str, object]
SchemaName = Literal["spec", "report", "answers", "check"]
NAMES: tuple[SchemaName, ...] = get_args(SchemaName)

__all__ = ["NAMES", "Schema", "SchemaName", "schema"]


def _spec() -> Schema:
    from cnncalc.render.schema.spec import spec_schema

    return spec_schema()


def _report() -> Schema:
    from cnncalc.render.schema.report import report_schema

    return report_schema()


def _answers() -> Schema:
    from cnncalc.render.schema.answers import answers_schema

    return answers_schema()


def _check() -> Schema:
    from cnncalc.render.schema.check import check_schema

    return check_schema()


SCHEMAS: dict[SchemaName, Callable[[], Schema]] = {
    "spec": _spec,
    "report": _report,
    "answers": _answers,
    "check": _check,
}
"""Each function imports its module on demand."""


def schema(name: SchemaName) -> Schema:
    """The schema of specs, of `show --format json`, of answers to an exercise, or of `check --format json`.

    Raises:
        ValueError: there is no schema with this name.

    >>> schema("spec")["required"]
    ['cnncalc', 'layers']
    """
    if name not in SCHEMAS:
        raise ValueError(f"unknown schema '{name}'; expected one of {', '.join(NAMES)}")
    return SCHEMAS[name]()
