"""`cnncalc check`: many specs held against what is claimed, allowed and advised."""

import os
import sys
import time
from pathlib import Path

from msgspec import Struct, structs
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cnncalc.checks.configuration import wrong_code
from cnncalc.checks.discovery import NothingFoundError
from cnncalc.checks.paths import Options, Results
from cnncalc.checks.paths import run as check
from cnncalc.checks.requirements import WrongLimitError
from cnncalc.cli.reading import INVALID, OK, USAGE, UsageError, check_output, standard_input
from cnncalc.cli.terminal import complain, print_problems, print_results
from cnncalc.problems import SpecError
from cnncalc.render.findings import ENDINGS, rendered

PATIENCE = 1.0
"""Seconds before a bar shows how far the work is."""


class Request(Struct, frozen=True):
    """What the command line asked for."""

    paths: tuple[str, ...]
    options: Options
    format: str | None
    output: Path | None
    stdin_filename: str | None
    exit_zero: bool
    passed: bool
    quiet: bool
    verbose: bool
    color: str


def run(request: Request) -> int:
    """Prints what was found; gives the exit code."""
    try:
        _check_request(request)
        options = request.options
        if "-" in request.paths:
            options = structs.replace(options, text=standard_input(request.stdin_filename or "<stdin>"))
        with Bar() as bar:
            results = check(request.paths, options, bar.show)
    except SpecError as error:
        print_problems(list(error.problems), error.source, request.color)
        return USAGE
    except (UsageError, WrongLimitError, NothingFoundError) as error:
        complain(str(error))
        return USAGE
    if not results.files and not request.options.skip_foreign:
        complain(_nothing(request, results))
        return USAGE
    _print(results, request)
    return _code(results, request.exit_zero)


def _check_request(request: Request) -> None:
    """Raises UsageError for what no check can be made of."""
    check_output(request.output, request.paths, (".txt", *ENDINGS))
    for option, words in (("--select", request.options.select), ("--ignore", request.options.ignore)):
        for word in words:
            if wrong := wrong_code(word, option):
                raise UsageError("; ".join(wrong))
    if request.stdin_filename and "-" not in request.paths:
        raise UsageError(
            "--stdin-filename names what comes in at `-`: cnncalc check --stdin-filename a.yaml -"
        )


def _nothing(request: Request, results: Results) -> str:
    """That there is no spec, and what there is instead."""
    where = ", ".join(request.paths)
    others = len(results.passed_over)
    besides = (
        f"; {others} other file{'s' if others > 1 else ''} passed over (-v names them)" if others else ""
    )
    if request.verbose and others:
        besides = "".join(f"\n  passed over {each.path}: {each.reason}" for each in results.passed_over)
    return f"nothing to check in {where}: no YAML file there begins with `cnncalc:`{besides}"


def _print(results: Results, request: Request) -> None:
    format = request.format or _format(request.output)
    shown = results.only_failures() if request.quiet else results
    if request.quiet and format == "text" and shown.holds:
        return
    text = rendered(format, shown, request.passed, request.verbose)
    print_results([text], request.color, request.output)


def _format(output: Path | None) -> str:
    """What the name of the output asks for; in GitHub's jobs its commands; else text."""
    if output is not None:
        return ENDINGS.get(output.suffix.lower(), "text")
    return "github" if os.environ.get("GITHUB_ACTIONS") == "true" else "text"


def _code(results: Results, exit_zero: bool) -> int:
    if not all(file.is_usable for file in results.files):
        return USAGE
    return OK if results.holds or exit_zero else INVALID


class Bar:
    """A bar on standard error, where that is a window and the work takes long."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.start = time.perf_counter()
        self.is_wanted = sys.stderr.isatty()

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        if self.progress:
            self.progress.stop()

    def show(self, done: int, of: int) -> None:
        """Moves the bar on; it appears when patience is at its end."""
        if not self.is_wanted or time.perf_counter() - self.start < PATIENCE:
            return
        if self.progress is None:
            self.progress = _progress()
            self.progress.add_task("checking", total=of)
            self.progress.start()
        self.progress.update(self.progress.task_ids[0], completed=done, refresh=True)


def _progress() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False)
