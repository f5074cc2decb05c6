"""Commands that hold specs against what is claimed, allowed and advised, and explain what was found."""

from pathlib import Path
from typing import Annotated

import typer

from cnncalc.cli.app import app
from cnncalc.cli.options import (
    Color,
    ColorOption,
    DataTypeName,
    FindingsFormat,
    InputOption,
    OptimizerName,
    SetOption,
    TextFormat,
    complete_code,
    complete_spec,
)

LIMIT = "[LAYER:]QUANTITY=VALUE"


@app.command()
def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH|-]…",
            help="Spec files, folders to search, patterns in quotes, bundled names, or - for standard input. "
            "Without any, this folder.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", metavar="FILE", help="Claims and limits kept apart from the specs."),
    ] = None,
    max: Annotated[
        list[str] | None,
        typer.Option("--max", metavar=LIMIT, help="A limit: params=5M, memory.peak=16MiB, stage4.*:macs=1G."),
    ] = None,
    min: Annotated[
        list[str] | None,
        typer.Option("--min", metavar=LIMIT, help="A limit from below: receptive_field=64."),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODES",
            help="The rules to look for: codes, ALL or DEFAULT.",
            autocompletion=complete_code,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CODES", help="Rules to leave out.", autocompletion=complete_code),
    ] = None,
    format: Annotated[
        FindingsFormat | None,
        typer.Option(
            help="How to print; without it as the ending of --output says, github in GitHub Actions, or text."
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file.")] = None,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Samples in a batch, for limits on memory.")
    ] = None,
    dtype: Annotated[
        DataTypeName | None, typer.Option(help="What a number is stored as, for limits on memory.")
    ] = None,
    optimizer: Annotated[
        OptimizerName | None, typer.Option(help="Whose state counts in the memory of training.")
    ] = None,
    strict: Annotated[
        bool | None,
        typer.Option("--strict/--no-strict", help="Whether warnings fail, too.", show_default=False),
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit with 0 whatever is found.")] = False,
    show_passed: Annotated[bool, typer.Option("--show-passed", help="Name what passes, too.")] = False,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="FILE", help="What standard input is called.")
    ] = None,
    skip_foreign: Annotated[
        bool,
        typer.Option(
            "--skip-foreign", help="Pass over files that are named but are no specs, as hooks need."
        ),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Processes; without it as many as pay.")
    ] = None,
    max_layers: Annotated[int, typer.Option(min=1, help="The most layers a spec may expand to.")] = 100_000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what fails.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print notes, and what was passed over.")
    ] = False,
    color: ColorOption = Color.auto,
) -> None:
    """Hold specs against their claims and limits, the project's, and rules of good design."""
    from cnncalc.checks.paths import Options
    from cnncalc.cli.check import Request, run
    from cnncalc.cli.reading import UsageError, settings_of

    try:
        settings = settings_of(tuple(set or ()))
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None
    options = Options(
        expect=tuple(expect or ()),
        max=tuple(max or ()),
        min=tuple(min or ()),
        select=_words(select),
        ignore=_words(ignore),
        strict=strict,
        notes=verbose,
        set=settings,
        input=input,
        batch=batch,
        data_type=dtype.value if dtype else None,
        optimizer=optimizer.value if optimizer else None,
        max_layers=max_layers,
        skip_foreign=skip_foreign,
        jobs=jobs,
    )
    request = Request(
        paths=tuple(paths or (".",)),
        options=options,
        format=format.value if format else None,
        output=output,
        stdin_filename=stdin_filename,
        exit_zero=exit_zero,
        passed=show_passed,
        quiet=quiet,
        verbose=verbose,
        color=color.value,
    )
    raise typer.Exit(run(request))


def _words(given: list[str] | None) -> tuple[str, ...]:
    """Codes as they may be written: several times, or with commas between."""
    return tuple(word.strip() for words in given or () for word in words.split(",") if word.strip())


@app.command()
def rule(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="What stands in brackets behind a finding: bias-before-norm, budget, groups …",
            autocompletion=complete_code,
            show_default=False,
        ),
    ] = None,
    format: Annotated[TextFormat, typer.Option(help="How to print.")] = TextFormat.table,
    color: ColorOption = Color.auto,
) -> None:
    """What a finding means, with an example and the way out; without a code, all of them."""
    from cnncalc.cli.rule import run

    raise typer.Exit(run(code, format.value, color.value))
