"""JSON Schemas (draft 2020-12) of what cnncalc reads and prints, generated from its own classes.

To add a schema: write a module here with a function that makes it, add its name to `SchemaName`, and its
entry to `SCHEMAS`.
"""

from collections.abc import Callable
from typing import Literal, get_args

Schema = dict[str, object]
SchemaName = Literal["spec", "report", "answers"]
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


SCHEMAS: dict[SchemaName, Callable[[], Schema]] = {"spec": _spec, "report": _report, "answers": _answers}
"""Each imports its module only when its schema is asked for."""


def schema(name: SchemaName) -> Schema:
    """The schema of specs, of `show --format json`, or of answers to an exercise.

    Raises:
        ValueError: there is no schema of that name.

    >>> schema("spec")["required"]
    ['cnncalc', 'input', 'layers']
    """
    if name not in SCHEMAS:
        raise ValueError(f"there is no schema '{name}'; there are: {', '.join(NAMES)}")
    return SCHEMAS[name]()
