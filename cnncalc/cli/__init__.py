"""Entry point of the command line, and its exit codes.

0: success; 1: invalid spec or failed check; 2: wrong usage or unreadable file; 3: bug in cnncalc.
"""

import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from cnncalc.cli.commands import MODULES

ASIDE = ("--help", "-h", "--version", "--install-completion", "--show-completion")

SELDOM = 100_000
"""New objects between two searches for cycles. Results are trees of many small values; the default, 700,
spends a fifth of the time of a large report on them."""

OK = 0
USAGE = 2
FAULT = 3
INTERRUPTED = 130


def main(*, restore_interrupts: bool = False) -> None:
    """Runs the command line.

    With `restore_interrupts`, Ctrl-C raises KeyboardInterrupt from here on.
    """
    _open_streams()
    gc.set_threshold(SELDOM)
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    try:
        if restore_interrupts:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        with signals_as_exits():
            _run([argument for argument in arguments if argument != "--debug"])
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        reason = _reason(error)
        if debug and isinstance(reason, Exception) and not isinstance(reason, (OSError, MemoryError)):
            raise
        code = _ended(reason)
        _close_streams()
        sys.exit(code)


def _run(arguments: list[str]) -> None:
    """Runs a command; everything is written when it returns."""
    try:
        if arguments == ["--version"]:
            from cnncalc import __version__

            print(f"cnncalc {__version__}")
            return
        from cnncalc.cli.app import application

        arguments = with_command(arguments)
        if not completes(arguments):
            app = application(_called(_typed() if ASKED in os.environ else arguments))
            app(arguments, prog_name="cnncalc")
    finally:
        sys.stdout.flush()


@contextmanager
def signals_as_exits() -> Iterator[None]:
    """Ends the process like `sys.exit` on SIGTERM and SIGHUP, so that temporary files are removed.

    A signal that is ignored, as by `nohup`, stays ignored.
    """
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    is_main = threading.current_thread() is threading.main_thread()
    taken = [number for number in numbers if is_main and signal.getsignal(number) == signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def _exit(number: int, frame: object) -> None:
    sys.exit(128 + number)


def _reason(error: BaseException) -> BaseException:
    """The closed pipe or Ctrl-C for which rich or typer ends the process; else the error itself."""
    cause: BaseException | None = error
    while isinstance(error, SystemExit) and cause:
        if isinstance(cause, KeyboardInterrupt | BrokenPipeError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return error


def _ended(reason: BaseException) -> int | str | None:
    """Reports why a command ended early; returns the exit code."""
    from cnncalc.writing import GONE, is_gone

    match reason:
        case SystemExit():
            return reason.code
        case KeyboardInterrupt():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough
            _say("cnncalc: interrupted")
            return INTERRUPTED
        case BrokenPipeError():  # the reader, such as `head`, has closed the pipe
            return OK
        case OSError():
            _say(f"cnncalc: {_not_done(reason)}")
            return USAGE
        case MemoryError():
            _say("cnncalc: not enough memory")
            return USAGE
    if is_gone():  # Python 3.13.0 cannot import everything there
        _say(f"cnncalc: {GONE}; change to another one")
        return USAGE
    _say(f"cnncalc: internal error: {type(reason).__name__}: {reason}")
    _say("this is a bug in cnncalc; please report it with the spec (--debug prints the traceback)")
    return FAULT


def _not_done(error: OSError) -> str:
    """What could not be read or written, and why."""
    from cnncalc.writing import GONE, UnwritableError, is_gone

    if isinstance(error, UnwritableError):
        return f"{error.filename} cannot be written: {error.strerror}"
    if is_gone():
        return f"{GONE}; change to another one"
    if error.filename is None:
        return f"standard output cannot be written: {error.strerror or error}"
    return f"{os.fsdecode(error.filename)} cannot be read: {error.strerror}"


def _say(line: str) -> None:
    """Prints a line on standard error, if that is still open."""
    from cnncalc.problems import printable

    with suppress(OSError):
        print(printable(line), file=sys.stderr, flush=True)


def _close_streams() -> None:
    """Discards what cannot be written any more, so that nothing is reported at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _open_streams() -> None:
    """Makes printing safe: closed outputs discard text, missing characters are replaced."""
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115 - open as long as the process
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    if not all((stream.encoding or "").lower().startswith("utf") for stream in (sys.stdout, sys.stderr)):
        from cnncalc.cli.encoding import open_streams

        open_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # lone surrogates, which no encoding accepts


ASKED = "_CNNCALC_COMPLETE"
"""The variable with which a shell asks for suggestions."""


def completes(arguments: list[str]) -> bool:
    """Handles `--show-completion SHELL` and `--install-completion [SHELL]`; False for other arguments."""
    if not arguments or arguments[0] not in ("--show-completion", "--install-completion"):
        return False
    from cnncalc.cli.shells import SHELLS, install, running_shell, script

    option, *rest = arguments
    shell = rest[0] if rest else running_shell()
    if shell not in SHELLS or len(rest) > 1:
        found = " ".join(rest) or shell or "no shell"
        _say(f"cnncalc: {option}: expected {', '.join(SHELLS[:-1])} or {SHELLS[-1]}, found '{found}'")
        sys.exit(USAGE)
    if option == "--show-completion":
        print(script(shell), end="")
    else:
        print(f"{shell} completion installed in {install(shell)}; restart the shell to use it")
    return True


def _typed() -> list[str]:
    """The words that the shell asks to complete."""
    from cnncalc.cli.shells import typed

    return typed(MODULES, lambda word: not _neither_command_nor_spec(word))


def _called(arguments: list[str]) -> str | None:
    """The command that is called; None if it is still being typed."""
    finished = arguments[:-1] if ASKED in os.environ else arguments
    return next((word for word in finished[:1] if word in MODULES), None)


def with_command(arguments: list[str]) -> list[str]:
    """Expands the short forms `cnncalc SPEC` and `cnncalc help COMMAND`.

    Raises:
        SystemExit: the first word is not a command or a spec.
    """
    if not arguments or arguments[0] in (*MODULES, *ASIDE):
        return arguments
    if arguments[0] == "help":
        return [*map(_command, [word for word in arguments[1:2] if word != "help"]), "--help"]
    if mistake := _neither_command_nor_spec(arguments[0]):
        _say(f"cnncalc: {mistake}")
        sys.exit(USAGE)
    return ["show", *arguments]


def _command(word: str) -> str:
    """The command of that name; raises SystemExit if unknown."""
    if word not in MODULES:
        from cnncalc.problems import did_you_mean

        _say(f"cnncalc: unknown command '{word}'; {did_you_mean(word, [*MODULES]) or 'see cnncalc --help'}")
        sys.exit(USAGE)
    return word


def _neither_command_nor_spec(word: str) -> str:
    """The message about an unknown first word; empty for a spec, a path, a model or an option."""
    if word.startswith("-") or {"/", ".", ":"} & {*word} or os.path.exists(word):
        return ""
    from cnncalc.problems import did_you_mean
    from cnncalc.spec.files import bundled, bundled_names

    if bundled(word):
        return ""
    hint = did_you_mean(word, [*MODULES, *bundled_names()])
    return f"unknown command or spec '{word}'; {hint or 'see cnncalc --help and cnncalc specs'}"
