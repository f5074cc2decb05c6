"""`cnncalc solve`: the unknowns with which a wanted size or count comes out."""

from msgspec import Struct

from cnncalc.cli.reading import INVALID, OK, USAGE
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.explore.solve import solve
from cnncalc.homework.explain import NotationName
from cnncalc.problems import SpecError
from cnncalc.render.data import to_json
from cnncalc.render.solve import solved_data, solved_text
from cnncalc.shapes import Layout


class Request(Struct, frozen=True):
    """What the command line asked for."""

    layers: tuple[str, ...]
    input: str | None
    output: str | None
    params: str | None
    macs: str | None
    flops: str | None
    receptive_field: str | None
    layout: Layout | None
    most: int
    seconds: float
    notation: NotationName
    format: str
    color: str


def run(request: Request) -> int:
    """Prints the solutions; gives the exit code: 1 where there is none."""
    try:
        found = solve(
            *request.layers,
            input=request.input,
            output=request.output,
            params=request.params,
            macs=request.macs,
            flops=request.flops,
            receptive_field=request.receptive_field,
            layout=request.layout,
            most=request.most,
            seconds=request.seconds,
        )
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return INVALID
    except ValueError as error:
        complain(str(error))
        return USAGE
    is_json = request.format == "json"
    shown = to_json(solved_data(found, request.notation)) if is_json else solved_text(found, request.notation)
    print_results([shown], request.color, None)
    return OK if found.solutions else INVALID
