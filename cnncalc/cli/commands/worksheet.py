"""Write a worksheet, with or without the answers."""

from typing import Annotated

import typer

from cnncalc.cli.options import SpecArgument, VariantOption
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, UsageError, read_spec
from cnncalc.cli.terminal import report_failure
from cnncalc.problems import SpecError


def worksheet(
    spec: SpecArgument,
    blank: Annotated[
        str, typer.Option(metavar="NAMES", help="Quantities to ask for: output,params,macs,receptive_field,…")
    ] = "output,params",
    key: Annotated[bool, typer.Option("--key", help="Fill in the answers.")] = False,
    seed: VariantOption = None,
    only_spec: Annotated[
        bool, typer.Option("--spec", help="Short for --format yaml: the spec of the variant, not its sheet.")
    ] = False,
    *,
    to: Annotated[Out, Formats("markdown", "csv", "latex", "json", "yaml")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.homework.worksheet import worksheet as sheet_of
    from cnncalc.homework.worksheet.variants import variant
    from cnncalc.render.worksheet import worksheet_text

    try:
        network = read_spec(spec)
        if only_spec or to.format == "yaml":
            text = (network if seed is None else variant(network, seed)).source.text
        else:
            words = [word.strip() for word in blank.split(",") if word.strip()]
            if not words:
                raise UsageError("--blank: expected quantities, as in --blank output,params")
            text = worksheet_text(sheet_of(network, words, seed=seed), to.format, key)
    except (SpecError, UsageError, ValueError) as error:
        return report_failure(error, to.color)
    to.print(text)
    return OK
