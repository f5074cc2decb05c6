"""Explain where a published number comes from."""

from typing import Annotated

import typer

from cnncalc.cli.options import InputOption, SpecArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK, UsageError, read_spec
from cnncalc.cli.terminal import complain, first_interrupt, progress, report_failure
from cnncalc.problems import SpecError

LONG = 3.0
"""Seconds from which a search is announced."""


def reconcile(
    spec: SpecArgument,
    numbers: Annotated[
        list[str],
        typer.Argument(metavar="NUMBER…", help="Published numbers: macs=4.13G flops=8.2G params=25.6M."),
    ],
    most: Annotated[int, typer.Option(min=1, help="Maximum number of explanations per number.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit in seconds.")] = 120,
    input: InputOption = None,
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
        network = read_spec(spec, input=input)
    except (SpecError, UsageError, ValueError) as error:
        return report_failure(error, to.color)

    def announce(networks: int, needed: float) -> None:
        if needed >= LONG:
            complain(
                f"no simple explanation by {network.name} itself; trying up to {networks:,} similar ones, "
                f"about {needed:,.0f} s; stops after {seconds:g} s (--seconds), Ctrl-C prints what was found"
            )

    with progress("reconciling (Ctrl-C: stop and print)") as watch, first_interrupt() as is_interrupted:
        answers = reconciled(network, given, most, seconds, watch, announce, is_interrupted)
    is_json = to.format == "json"
    shown = to_json(answers_data(network.name, answers)) if is_json else answers_text(network.name, answers)
    to.print(shown)
    if is_interrupted():
        raise KeyboardInterrupt
    return OK if all(answer.fits and not answer.apart for answer in answers) else INVALID
