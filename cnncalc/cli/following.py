"""Follows spec files: runs again whenever one of them is saved."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cnncalc.cli.reading import OK, UsageError

INTERVAL = 0.1
"""Seconds between two looks at the files."""
CLEAR = "\033[H\033[2J\033[3J"
"""Empties the window of a terminal."""

Stamp = tuple[int, int, int] | None
"""What changes when a file is saved: its time, size and identity; None while there is no file."""


def followed_files(names: Sequence[str], command: str) -> list[Path]:
    """The files of specs.

    Raises:
        UsageError: a spec is no file that can change.
        UnreadableError: there is no such file.
    """
    from cnncalc.spec.files import find
    from cnncalc.spec.model_names import names_model
    from cnncalc.spec.revisions import names_revision

    for name in names:
        if name == "-" or (":" in name and names_revision(name)):
            hint = f"; write its spec first: cnncalc import {name} -o net.yaml" if names_model(name) else ""
            raise UsageError(f"{command} follows files; found '{name}'{hint}")
    return [find(name) for name in names]


def versions(files: Sequence[Path]) -> Iterator[None]:
    """Yields now, and after each change of a file; never ends."""
    before: list[Stamp] | None = None
    while True:
        now = [_stamp(path) for path in files]
        if now != before:
            before = now
            yield
        time.sleep(INTERVAL)


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def print_versions(files: Sequence[Path], print_once: Callable[[], int]) -> int:
    """Prints again after each change until Ctrl-C; a terminal shows the last version only."""
    is_terminal = sys.stdout.isatty()
    try:
        for _ in versions(files):
            if is_terminal:
                print(CLEAR, end="")
            print_once()
            print(f"watching {', '.join(map(str, files))}; Ctrl-C ends", file=sys.stderr, flush=True)
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("\ncnncalc: stopped watching" if is_terminal else "cnncalc: stopped watching", file=sys.stderr)
    return OK
