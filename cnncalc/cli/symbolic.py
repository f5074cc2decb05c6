"""`cnncalc show --symbolic NAME`: counts as polynomials in one variable of the spec."""

from collections.abc import Iterable

from rich.console import RenderableType

from cnncalc.analysis.symbolic import Symbolic, symbolic
from cnncalc.cli.output import Out
from cnncalc.cli.reading import (
    INVALID,
    OK,
    USAGE,
    UsageError,
    columns_of,
    names_model,
    read_spec,
    settings_of,
)
from cnncalc.cli.terminal import complain, report_failure
from cnncalc.problems import SpecError, did_you_mean
from cnncalc.render.columns import COLUMNS, DEFAULT, Column
from cnncalc.render.data import to_json
from cnncalc.render.symbolic import symbolic_data, symbolic_markdown, symbolic_table


def run(
    specs: list[str],
    variable: str,
    columns: str | None,
    set: Iterable[str] | None,
    to: Out,
) -> int:
    """Prints the polynomials of each network; returns the exit code."""
    try:
        chosen = columns_of(columns) or tuple(COLUMNS[name] for name in DEFAULT)
        fixed = settings_of(set)
    except UsageError as error:
        return report_failure(error, to.color)
    code = OK
    shown: list[RenderableType] = []
    for name in specs:
        if names_model(name):
            complain(
                "--symbolic: a model has no variables; "
                f"write its spec first: cnncalc import {name} -o net.yaml"
            )
            code = USAGE
            continue
        try:
            spec = read_spec(name, fixed)
            found = symbolic(spec, variable, fixed)
        except SpecError as error:
            code = max(code, report_failure(error, to.color))
        except KeyError:
            known = list(spec.document.variables)
            hint = did_you_mean(variable, known) or "the spec has no `vars`"
            complain(f"{name}: there is no variable '{variable}'; {hint}")
            code = USAGE
        except ValueError as error:
            complain(f"{name}: {error}")
            code = max(code, INVALID)
        else:
            shown.append(_rendered(found, chosen, to.format))
    if shown:
        to.print(*shown)
    return code


def _rendered(found: Symbolic, columns: tuple[Column, ...], format: str) -> RenderableType:
    if format == "json":
        return to_json(symbolic_data(found, columns))
    return symbolic_markdown(found, columns) if format == "markdown" else symbolic_table(found, columns)
