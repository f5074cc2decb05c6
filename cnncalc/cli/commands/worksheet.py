"""A sheet to fill in, with blanks for what is asked of each layer; `grade` reads it."""

from typing import Annotated, Literal

import typer

from cnncalc.cli.options import ColorOption, OutputOption, SpecArgument, VariantOption
from cnncalc.cli.reading import OK, UsageError, check_not_read, read_spec
from cnncalc.cli.terminal import print_results, report_failure
from cnncalc.homework.worksheet import worksheet as sheet_of
from cnncalc.homework.worksheet.variants import variant
from cnncalc.problems import SpecError
from cnncalc.render.worksheet import worksheet_text

SheetFormat = Literal["markdown", "csv", "latex", "json"]


def worksheet(
    spec: SpecArgument,
    blank: Annotated[
        str, typer.Option(metavar="NAMES", help="What is asked: output,params,macs,receptive_field …")
    ] = "output,params",
    key: Annotated[bool, typer.Option("--key", help="Filled in.")] = False,
    seed: VariantOption = None,
    only_spec: Annotated[
        bool, typer.Option("--spec", help="The spec of the variant instead of its sheet.")
    ] = False,
    format: Annotated[SheetFormat, typer.Option(help="How to print.")] = "markdown",
    output: OutputOption = None,
    color: ColorOption = "auto",
) -> int:
    try:
        check_not_read(output, [spec])
        network = read_spec(spec)
        if only_spec:
            text = (network if seed is None else variant(network, seed)).source.text
        else:
            words = [word.strip() for word in blank.split(",") if word.strip()]
            if not words:
                raise UsageError("--blank names nothing to ask for; as in --blank output,params")
            text = worksheet_text(sheet_of(network, words, seed=seed), format, key)
    except (SpecError, UsageError, ValueError) as error:
        return report_failure(error, color)
    print_results([text], color, output)
    return OK
