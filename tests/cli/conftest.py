"""Runs the command line in this process, as a pipe would see it."""

import io
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from cnncalc.cli import main


class Done(NamedTuple):
    """What a call left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def cnncalc(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """`cnncalc("show", "lenet5")` as a call that gives the exit code and both outputs."""

    def run(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["cnncalc", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run
