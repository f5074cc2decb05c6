"""Check specs against expected values, budgets and lint rules."""

import os
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import structs

from cnncalc.cli.completion import complete_code, complete_limit, complete_spec
from cnncalc.cli.options import InputOption, MaxLayersOption, SetOption
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import FAULT, INVALID, OK, USAGE, UsageError, settings_of, shapes_of, standard_input
from cnncalc.cli.terminal import complain, print_problems, progress
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.problems import SpecError
from cnncalc.render.findings import FORMATS, rendered

if TYPE_CHECKING:
    from cnncalc.checks.paths import Options, Results

LIMIT = "LIMIT"


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH|-]…",
            help="Spec files, folders, quoted patterns, bundled specs, - for stdin, or PyTorch models. "
            "Default: this folder.",
            autocompletion=complete_spec,
            show_default=False,
        ),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option("--expect", metavar="FILE", help="File with expected values and budgets."),
    ] = None,
    max: Annotated[
        list[str] | None,
        typer.Option(
            "--max",
            metavar=LIMIT,
            help="Upper limit: params=5M, memory.peak=16MiB, stage4.*:macs=1G.",
            autocompletion=complete_limit,
        ),
    ] = None,
    min: Annotated[
        list[str] | None,
        typer.Option(
            "--min", metavar=LIMIT, help="Lower limit: receptive_field=64.", autocompletion=complete_limit
        ),
    ] = None,
    select: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODES",
            help="Rules to enable: codes, ALL or DEFAULT.",
            autocompletion=complete_code,
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="CODES", help="Rules to disable.", autocompletion=complete_code),
    ] = None,
    set: SetOption = None,
    input: InputOption = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Batch size for memory budgets.")] = None,
    dtype: Annotated[DataType | None, typer.Option(help="Data type for memory budgets")] = None,
    optimizer: Annotated[Optimizer | None, typer.Option(help="Optimizer for training-memory budgets")] = None,
    strict: Annotated[
        bool | None,
        typer.Option("--strict/--no-strict", help="Fail on warnings too.", show_default=False),
    ] = None,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Always exit with 0.")] = False,
    show_passed: Annotated[bool, typer.Option("--show-passed", help="Also list what passes.")] = False,
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="FILE", help="Name to report for stdin.")
    ] = None,
    skip_foreign: Annotated[
        bool,
        typer.Option(
            "--skip-foreign",
            help="For hooks: skip named files that are not specs; for a configuration, check its folder.",
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", "-j", min=1, help="Number of processes, at most one per processor. Default: automatic."
        ),
    ] = None,
    against: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="PyTorch model that the spec must match: package.module:name, imported and run.",
            show_default=False,
        ),
    ] = "",
    against_models: Annotated[
        bool,
        typer.Option(
            "--against-models", help="Import and run the models that specs name as `model`, to compare them."
        ),
    ] = False,
    max_layers: MaxLayersOption = 100_000,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only failures.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Also print notes and skipped files.")
    ] = False,
    *,
    to: Annotated[Out, Formats(*FORMATS)],
) -> int:
    # imported here to keep the help fast
    from cnncalc.checks.discovery import NothingFoundError
    from cnncalc.checks.paths import Options
    from cnncalc.checks.requirements import WrongLimitError

    try:
        settings, shapes = settings_of(set), shapes_of(input)
    except UsageError as error:
        raise typer.BadParameter(str(error)) from None
    given = tuple(paths or (".",))
    options = Options(
        expect=tuple(expect or ()),
        max=tuple(max or ()),
        min=tuple(min or ()),
        select=_words(select),
        ignore=_words(ignore),
        strict=strict,
        notes=verbose,
        set=settings,
        input=shapes,
        batch=batch,
        data_type=dtype,
        optimizer=optimizer,
        max_layers=max_layers,
        skip_foreign=skip_foreign,
        jobs=jobs,
        against=against,
        against_models=against_models,
    )
    try:
        _check_codes(options)
        results = _results(given, options, stdin_filename)
        to.spare(file.path for file in results.files)
    except SpecError as error:
        print_problems(list(error.problems), error.source, to.color)
        return USAGE
    except (UsageError, WrongLimitError, NothingFoundError) as error:
        complain(str(error))
        return USAGE
    if not results.files and not skip_foreign:
        complain(_nothing(given, results, verbose))
        return USAGE
    wanted = _format(to)
    shown = results.only_failures() if quiet else results
    if not (quiet and wanted == "text" and shown.holds):
        to.print(rendered(wanted, shown, show_passed, verbose))
    return _code(results, exit_zero)


def _words(given: list[str] | None) -> tuple[str, ...]:
    """Codes, from repeated options or separated by commas."""
    return tuple(word.strip() for words in given or () for word in words.split(",") if word.strip())


def _check_codes(options: "Options") -> None:
    """Raises UsageError for an unknown code."""
    from cnncalc.checks.configuration import wrong_code

    for option, words in (("--select", options.select), ("--ignore", options.ignore)):
        for word in words:
            if wrong := wrong_code(word, option):
                raise UsageError("; ".join(wrong))


def _results(paths: tuple[str, ...], options: "Options", stdin_filename: str | None) -> "Results":
    """Runs the checks; raises SpecError, UsageError, WrongLimitError or NothingFoundError."""
    from cnncalc.checks.paths import run

    if "-" in paths:
        options = structs.replace(options, text=standard_input(stdin_filename or "<stdin>"))
    elif stdin_filename:
        raise UsageError(
            "--stdin-filename requires - for stdin, as in cnncalc check --stdin-filename a.yaml -"
        )
    with progress("checking") as watch:
        return run(paths, options, watch)


def _nothing(paths: tuple[str, ...], results: "Results", verbose: bool) -> str:
    """The message that no spec was found, with the skipped files."""
    where = ", ".join(paths)
    others = len(results.passed_over)
    skipped = f"; {others} other file{'s' if others > 1 else ''} skipped (-v lists them)" if others else ""
    if verbose and others:
        skipped = "".join(f"\n  skipped {each.path}: {each.reason}" for each in results.passed_over)
    return f"nothing to check in {where}: found no YAML file that starts with `cnncalc:`{skipped}"


def _format(to: Out) -> str:
    """The chosen format; in GitHub Actions the default is its workflow commands."""
    is_annotated = to.is_default and not to.path and os.environ.get("GITHUB_ACTIONS") == "true"
    return "github" if is_annotated else to.format


def _code(results: "Results", exit_zero: bool) -> int:
    if any(file.is_fault for file in results.files):
        return FAULT
    if not all(file.is_usable for file in results.files):
        return USAGE
    return OK if results.holds or exit_zero else INVALID
