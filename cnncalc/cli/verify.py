"""`cnncalc verify`: runs networks, and says where the analysis does not hold."""

from pathlib import Path
from typing import Literal

from msgspec import Struct
from rich.console import RenderableType

from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, check_output, code_of, read_spec, settings_of
from cnncalc.cli.terminal import complain, print_problems, print_results, progress
from cnncalc.executor.memory import NotEnoughMemoryError as TooLargeError
from cnncalc.executor.memory import refuse
from cnncalc.executor.verify import Verification, verify
from cnncalc.problems import SpecError
from cnncalc.render.data import to_json
from cnncalc.render.verification import junit, verification_data, verification_text
from cnncalc.spec import Spec


class Request(Struct, frozen=True):
    """What the command line asked for."""

    specs: tuple[str, ...]
    settings: tuple[str, ...]
    input: str | None
    batch: int
    seed: int
    format: Literal["text", "json", "junit"]
    output: Path | None
    color: Literal["auto", "always", "never"]
    verbose: bool


def run(request: Request) -> int:
    """Prints what was found; gives the exit code."""
    try:
        settings = settings_of(request.settings)
        check_output(request.output, request.specs)
    except UsageError as error:
        complain(str(error))
        return USAGE
    found: list[Verification] = []
    code = OK
    for name in request.specs:
        try:
            spec = read_spec(name, settings, request.input)
        except SpecError as error:
            print_problems(list(error.problems), error.source, request.color)
            code = max(code, code_of(error))
            continue
        try:
            found.append(_verified(spec, request))
        except TooLargeError as error:
            complain(f"{name}: {error}")
            code = USAGE
            continue
        code = max(code, OK if found[-1].agrees else INVALID)
        if request.format == "text" and not request.output:
            print_results([verification_text(found[-1], request.verbose)], request.color, None)
    if found and (request.format != "text" or request.output):
        print_results(_rendered(found, request), request.color, request.output)
    return code


def _verified(spec: Spec, request: Request) -> Verification:
    refuse(spec, request.batch)
    with progress(spec.name) as watch:
        return verify(spec, batch=request.batch, seed=request.seed, watch=watch)


def _rendered(found: list[Verification], request: Request) -> list[RenderableType]:
    if request.format == "junit":
        return [junit(found)]
    if request.format == "json":
        data = [verification_data(each) for each in found]
        return [to_json(data[0] if len(request.specs) == 1 else data)]
    return [verification_text(each, request.verbose) for each in found]
