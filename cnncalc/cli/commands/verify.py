"""Run networks on real arrays, and hold every number of the analysis against what is seen."""

from typing import Annotated, Literal

import typer
from rich.console import RenderableType

from cnncalc.cli.options import (
    ColorOption,
    InputOption,
    OutputOption,
    SeedOption,
    SetOption,
    SpecsArgument,
)
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, check_output, read_spec, settings_of
from cnncalc.cli.terminal import complain, print_results, progress, report_failure
from cnncalc.executor.memory import NotEnoughMemoryError, refuse
from cnncalc.executor.verify import Verification
from cnncalc.executor.verify import verify as verified
from cnncalc.problems import SpecError
from cnncalc.render.data import to_json
from cnncalc.render.verification import junit, verification_data, verification_text

VerifyFormat = Literal["text", "json", "junit"]


def verify(
    specs: SpecsArgument,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Samples that are run.")] = 2,
    seed: SeedOption = 0,
    format: Annotated[VerifyFormat, typer.Option(help="How to print.")] = "text",
    output: OutputOption = None,
    color: ColorOption = "auto",
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every layer.")] = False,
) -> int:
    try:
        settings = settings_of(set)
        check_output(output, specs)
    except UsageError as error:
        return report_failure(error, color)
    found: list[Verification] = []
    code = OK
    is_printed_at_once = format == "text" and not output
    for name in specs:
        try:
            spec = read_spec(name, settings, input)
            refuse(spec, batch)
            with progress(spec.name) as watch:
                found.append(verified(spec, batch=batch, seed=seed, watch=watch))
        except SpecError as error:
            code = max(code, report_failure(error, color))
            continue
        except NotEnoughMemoryError as error:
            complain(f"{name}: {error}")
            code = USAGE
            continue
        code = max(code, OK if found[-1].agrees else INVALID)
        if is_printed_at_once:
            print_results([verification_text(found[-1], verbose)], color, None)
    if found and not is_printed_at_once:
        print_results(_rendered(found, format, verbose, len(specs) == 1), color, output)
    return code


def _rendered(
    found: list[Verification], format: VerifyFormat, verbose: bool, is_alone: bool
) -> list[RenderableType]:
    if format == "junit":
        return [junit(found)]
    if format == "json":
        data = [verification_data(each) for each in found]
        return [to_json(data[0] if is_alone else data)]
    return [verification_text(each, verbose) for each in found]
