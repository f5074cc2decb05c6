"""Where the program starts: `cnncalc`, `python -m cnncalc`.

Importing the rest takes a while, in which Ctrl-C must not print a traceback: little is imported before it
is handled.
"""

# `signal` takes as long to import as Python itself to start
import _signal as signal  # type: ignore[import-not-found]
import os

INTERRUPTED = b"cnncalc: interrupted\n", 130


def main() -> None:
    """Runs the command line; the console script."""
    handles = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if handles:
        signal.signal(signal.SIGINT, _end)
    from cnncalc.cli import main as run

    try:
        run(restore_interrupts=handles)
    finally:
        if handles:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # everything is written


def _end(number: int, frame: object) -> None:
    line, code = INTERRUPTED
    try:
        os.write(2, line)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
