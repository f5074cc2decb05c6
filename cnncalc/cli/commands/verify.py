"""Run networks and compare every number with the analysis."""

from typing import Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.options import (
    InputOption,
    SeedOption,
    SetOption,
    SpecsArgument,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.executor.memory import NotEnoughMemoryError, refuse
from cnncalc.executor.verify import Verification
from cnncalc.executor.verify import verify as verified
from cnncalc.problems import SpecError
from cnncalc.render.data import to_json
from cnncalc.render.verification import junit, verification_data, verification_text


def verify(
    specs: SpecsArgument,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Batch size.")] = 2,
    seed: SeedOption = 0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every layer.")] = False,
    *,
    to: Annotated[Out, Formats("text", "json", "junit")],
) -> int:
    try:
        settings = settings_of(set)
        to.spare(*specs)
    except UsageError as error:
        return report_failure(error, to.color)
    found: list[Verification] = []
    code = OK
    is_printed_at_once = to.format == "text" and not to.path
    for name in specs:
        try:
            spec = read_spec(name, settings, input)
            refuse(spec, batch)
            with progress(spec.name) as watch:
                found.append(verified(spec, batch=batch, seed=seed, watch=watch))
        except SpecError as error:
            code = max(code, report_failure(error, to.color))
            continue
        except NotEnoughMemoryError as error:
            complain(f"{name}: {error}")
            code = USAGE
            continue
        code = max(code, OK if found[-1].agrees else INVALID)
        if is_printed_at_once:
            to.print(verification_text(found[-1], verbose))
    if found and not is_printed_at_once:
        to.print(*_rendered(found, to.format, verbose, len(specs) == 1))
    return code


def _rendered(found: list[Verification], format: str, verbose: bool, is_alone: bool) -> list[RenderableType]:
    if format == "junit":
        return [junit(found)]
    if format == "json":
        data = [verification_data(each) for each in found]
        return [to_json(data[0] if is_alone else data)]
    return [verification_text(each, verbose) for each in found]
