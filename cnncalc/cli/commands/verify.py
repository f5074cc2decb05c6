"""Run networks and compare every number with the analysis."""

from typing import Annotated

import typer

from cnncalc.cli.options import (
    InputOption,
    SeedOption,
    SetOption,
    SpecsArgument,
    WeightsOption,
)
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.problems import SpecError


def verify(
    specs: SpecsArgument,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int, typer.Option(min=1, help="Batch size.")] = 2,
    weights: WeightsOption = None,
    seed: SeedOption = 0,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print every layer.")] = False,
    *,
    to: Annotated[Out, Formats("text", "json", "junit")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.announcing import announce
    from cnncalc.cli.array_files import weights_of
    from cnncalc.executor.io.weights import WeightsError
    from cnncalc.executor.memory import NotEnoughMemoryError, refuse
    from cnncalc.executor.verify import Verification
    from cnncalc.executor.verify import verify as verified
    from cnncalc.render.verification import verification_text, verifications

    try:
        settings = settings_of(set)
    except UsageError as error:
        return report_failure(error, to.color)
    found: list[Verification] = []
    code = OK
    is_printed_at_once = to.format == "text" and not to.path
    for name in specs:
        try:
            spec = read_spec(name, settings, input)
            refuse(spec, batch)
            announce(spec, batch)
            with progress(spec.name) as watch:
                tensors = weights_of(weights, spec.graph)
                found.append(verified(spec, weights=tensors, batch=batch, seed=seed, watch=watch))
        except (SpecError, UsageError, WeightsError) as error:
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
        to.print(*verifications(found, to.format, verbose, len(specs) == 1))
    return code
