"""Solve for unknown layer options, written as ?."""

from typing import Annotated

import typer

from cnncalc.cli.options import AssumeOption, LayoutOption, NotationOption
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import INVALID, OK
from cnncalc.cli.terminal import first_interrupt, print_problems, progress, report_failure
from cnncalc.problems import SpecError


def solve(
    layers: Annotated[
        list[str],
        typer.Argument(
            metavar="LAYER…",
            help='Layers with ? for unknowns: "conv: ?, kernel: ?, stride: 2" or "8 filters, kernel ?".',
        ),
    ],
    input: Annotated[
        str | None, typer.Option(metavar="7x7x1", help="Input shape; ?x?x3 is any square size.")
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(metavar="3x3x8", help="Wanted output shape: 3x3x8, 3x3 (any channels), ?x?x8 or same."),
    ] = None,
    params: Annotated[str | None, typer.Option(metavar="N", help="Wanted parameters: 35K, 25.6M.")] = None,
    macs: Annotated[str | None, typer.Option(metavar="N", help="Wanted MACs: 1.14G.")] = None,
    flops: Annotated[str | None, typer.Option(metavar="N", help="Wanted FLOPs.")] = None,
    receptive_field: Annotated[
        str | None, typer.Option(metavar="N", help="Wanted receptive field of the last layer: 11, 11x13.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help='Condition on unknowns, such as "padding == kernel // 2"; kernel2 is that of layer 2. An '
            "upper limit is also how far the search goes. Repeatable.",
        ),
    ] = None,
    layout: LayoutOption = None,
    assume: AssumeOption = None,
    most: Annotated[int, typer.Option(min=1, help="Maximum number of solutions.")] = 10,
    seconds: Annotated[float, typer.Option(min=0.1, help="Time limit in seconds.")] = 20,
    notation: NotationOption = "cnncalc",
    *,
    to: Annotated[Out, Formats("text", "json")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.announcing import announce_search
    from cnncalc.explore.solve import solve as solved
    from cnncalc.render.data import to_json
    from cnncalc.render.solve import solved_data, solved_text

    try:
        with (
            progress(f"solving for up to {seconds:g} s (Ctrl-C: stop and print)") as update,
            first_interrupt() as is_interrupted,
        ):

            def watch(done: int, total: int, what: str, needed: float) -> None:
                if not done:
                    announce_search(total, what, needed, seconds)
                update(done, total)

            found = solved(
                *layers,
                input=input,
                output=output,
                params=params,
                macs=macs,
                flops=flops,
                receptive_field=receptive_field,
                layout=layout,
                where=where or (),
                most=most,
                seconds=seconds,
                stop=is_interrupted,
                watch=watch,
                assume=assume,
            )
    except SpecError as error:
        print_problems(list(error.problems), error.source, to.color)
        return INVALID
    except ValueError as error:
        return report_failure(error, to.color)
    shown = to_json(solved_data(found, notation)) if to.format == "json" else solved_text(found, notation)
    to.print(shown)
    if is_interrupted():
        raise KeyboardInterrupt
    return OK if found.solutions else INVALID
