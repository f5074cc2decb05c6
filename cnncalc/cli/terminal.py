"""Printing to a terminal, a pipe or a file: width, colour, problems and progress."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Timer, current_thread, main_thread
from typing import TYPE_CHECKING

from msgspec import Struct
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from cnncalc.cli.reading import USAGE, code_of
from cnncalc.problems import Problem, Source, SpecError, printable
from cnncalc.render.messages import closing, message, printed_of
from cnncalc.writing import write_text

if TYPE_CHECKING:
    from rich.progress import Progress

PIPE_WIDTH = 100_000
"""Practically unlimited: lines in pipes and files do not wrap."""


class GuardedConsole(Console):
    """A console that removes control characters: names of files and networks are untrusted."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable() or segment.text == "\n":
                yield segment
            else:
                yield Segment(guarded(segment.text), segment.style)


def guarded(text: str) -> str:
    """Text without control characters except line breaks."""
    return "\n".join(map(printable, text.split("\n")))


def _colour(color: str, is_terminal: bool) -> bool:
    if color == "auto":
        return is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return color == "always"


def _console(
    color: str, is_terminal: bool, width: int | None, *, stderr: bool = False, soft_wrap: bool = False
) -> GuardedConsole:
    """A console that follows `--color`, even against environment variables."""
    return GuardedConsole(
        width=width,
        stderr=stderr,
        soft_wrap=soft_wrap,
        highlight=False,
        emoji=False,
        force_terminal=_colour(color, is_terminal),
        color_system="standard" if color == "always" else "auto",
        no_color=False if color == "always" else None,
    )


def window_width() -> int | None:
    """The width of the terminal; None if standard output is a pipe or file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


class Parts(Struct, frozen=True):
    """Text generated while it is written, so that it is never in memory as a whole."""

    texts: Iterator[str]


def print_results(results: Sequence[RenderableType | Parts], color: str, output: Path | None) -> None:
    """Writes results to standard output, or all of them to a file that they then replace.

    Raises:
        OSError: the file cannot be written.
    """
    if output is not None:
        write_text(output, texts_of(results))
        return
    width = window_width()
    if width is None and color != "always":
        sys.stdout.writelines(texts_of(results))
        sys.stdout.flush()
        return
    console = _console(color, is_terminal=width is not None, width=width or PIPE_WIDTH)
    for result in results:
        if isinstance(result, str | Parts):  # data formats, printed without layout
            texts = [result] if isinstance(result, str) else result.texts
            sys.stdout.writelines(texts if width is None else map(guarded, texts))
            sys.stdout.flush()
        else:
            console.print(result, crop=width is not None)


def texts_of(results: Sequence[RenderableType | Parts]) -> Iterator[str]:
    """The printed text without colour, line wraps and trailing spaces."""
    console = GuardedConsole(
        width=PIPE_WIDTH, color_system=None, highlight=False, emoji=False, force_terminal=False
    )
    for result in results:
        if isinstance(result, Parts):
            yield from result.texts
        elif isinstance(result, str):
            yield result
        else:
            with console.capture() as capture:
                console.print(result, crop=False)
            yield "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def print_problems(problems: list[Problem], source: Source, color: str) -> None:
    """Writes problems to standard error."""
    is_terminal = sys.stderr.isatty()
    width = None if is_terminal else PIPE_WIDTH
    console = _console(color, is_terminal, width, stderr=True, soft_wrap=True)
    shown, others = printed_of(problems)
    for problem in shown:
        console.print(message(problem, source), end="")
    if others:
        console.print(f"… and {others:,} more")
    if len(problems) > 1:
        console.print(f"{source.name}: {closing(problems)}", markup=False)


def report_failure(error: Exception, color: str) -> int:
    """Prints an error to standard error; returns the exit code."""
    if isinstance(error, SpecError):
        print_problems(list(error.problems), error.source, color)
        return code_of(error)
    complain(str(error))
    return USAGE


def complain(text: str) -> None:
    """Prints a message to standard error."""
    print(guarded(f"cnncalc: {text}"), file=sys.stderr)


@contextmanager
def first_interrupt() -> Iterator[Callable[[], bool]]:
    """Yields a function that says whether Ctrl-C was pressed, which interrupts only when pressed again.

    For work that can end early with a result.
    """
    pressed: list[int] = []

    def press(number: int, frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(number)

    before = signal.getsignal(signal.SIGINT)
    takes = before is signal.default_int_handler and current_thread() is main_thread()
    if takes:
        signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        if takes:
            signal.signal(signal.SIGINT, before)


PATIENCE = 1.0
"""Seconds after which a progress bar appears."""
LONG_WAIT = 10.0
"""Seconds after which a line says how far the work is, where no bar can be drawn."""


class Bar:
    """A progress bar on standard error, once started; it pulses until the total is known."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._done, self._total = 0, 0
        self._lock = Lock()
        self._shown: Progress | None = None
        self._is_over = False

    def start(self) -> None:
        with self._lock:
            if self._is_over:
                return
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._shown = Progress(*columns, console=Console(stderr=True), transient=True)
            self._shown.add_task(self._what, completed=self._done, total=self._total or None)
            self._shown.start()

    def update(self, done: int, total: int) -> None:
        self._done, self._total = done, total
        if self._shown:
            self._shown.update(self._shown.task_ids[0], completed=done, total=total)

    def stop(self) -> None:
        with self._lock:
            self._is_over = True
            if self._shown:
                self._shown.stop()


def _line_after_a_while(what: str) -> Callable[[int, int], None]:
    """Needs no thread: a process with threads cannot start others quickly."""
    ends: float | None = time.monotonic() + LONG_WAIT

    def watch(done: int, total: int) -> None:
        nonlocal ends
        if ends is not None and time.monotonic() > ends and (done < total or not total):
            ends = None
            far = f", {done:,} of {total:,} done" if total else ""
            complain(f"{what}: not finished after {LONG_WAIT:g} s{far}")

    return watch


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """Yields a function that takes the work done and the total; a progress bar appears after a second.

    The bar is on standard error, and is removed at the end. If that is no terminal, the function prints one
    line instead, when it is called after a few seconds.
    """
    if not sys.stderr.isatty():
        yield _line_after_a_while(what)
        return
    bar = Bar(what)
    timer = Timer(PATIENCE, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield bar.update
    finally:
        timer.cancel()
        bar.stop()
