"""Explain where a published number comes from."""

from typing import Annotated

import typer

from cnncalc.cli.options import SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, read_spec
from cnncalc.cli.terminal import progress, report_failure
from cnncalc.problems import SpecError


def reconcile(
    spec: SpecArgument,
    numbers: Annotated[
        list[str],
        typer.Argument(metavar="NUMBER…", help="Published numbers: macs=4.13G flops=8.2G params=25.6M."),
    ],
    most: Annotated[int, typer.Option(min=1, help="Maximum number of explanations per number.")] = 5,
    *,
    to: Annotated[Out, Formats("text", "json")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.explore.reconcile import reconcile as reconciled
    from cnncalc.explore.reconcile import stated
    from cnncalc.render.data import to_json
    from cnncalc.render.reconcile import answers_data, answers_text

    try:
        given = [stated(number) for number in numbers]
        network = read_spec(spec)
    except (SpecError, ValueError) as error:
        return report_failure(error, to.color)
    with progress("reconciling") as watch:
        answers = reconciled(network, given, most, watch)
    is_json = to.format == "json"
    shown = to_json(answers_data(network.name, answers)) if is_json else answers_text(network.name, answers)
    to.print(shown)
    return OK if all(answer.fits and not answer.apart for answer in answers) else INVALID
