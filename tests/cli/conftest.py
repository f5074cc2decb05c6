"""Runs the command line in this process, in a subprocess or in a terminal."""

import ctypes
import io
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest

from cnncalc.cli import main, terminal


class Done(NamedTuple):
    """Exit code and outputs of a call."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]

TINY = "cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - {conv: 2, kernel: 3}\n  - relu\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a small spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(TINY)
    return tmp_path


@pytest.fixture
def cnncalc(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs the command line, as in `cnncalc("show", "lenet5")`."""
    monkeypatch.setattr(terminal, "LONG_WAIT", inf)  # a slow machine prints that it is not finished

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["cnncalc", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored after Ctrl-C
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run


def git(folder: Path, *arguments: str) -> None:
    """Runs git in a folder, with a fixed author."""
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """Removes environment variables, set in git hooks, that select another repository."""
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)


def in_window(folder: Path, width: int, *arguments: str, terminal: str = "dumb") -> str:
    """The output, with standard error, in a terminal of a given width."""
    main, side = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(width), "NO_COLOR": "1", "TERM": terminal}
    script = "from cnncalc.cli import main; main()"
    command = [sys.executable, "-c", f"import sys; sys.argv[0] = 'cnncalc'; {script}", *arguments]
    with subprocess.Popen(command, stdout=side, stderr=side, cwd=folder, env=environment) as process:
        os.close(side)
        parts = []
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            parts.append(part)
        assert process.wait() == 0
    os.close(main)
    return b"".join(parts).decode()


def as_ordinary_user(*arguments: str) -> Done:
    """Runs the command line in a subprocess that file permissions apply to, even as root."""
    script = "import sys; sys.argv[0] = 'cnncalc'; from cnncalc.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=_without_override if os.geteuid() == 0 else None,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _without_override() -> None:
    """Drops the Linux capabilities CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, which bypass permissions."""
    bounding_set_drop = 24
    for capability in (1, 2):
        assert ctypes.CDLL(None).prctl(bounding_set_drop, capability, 0, 0, 0) == 0
