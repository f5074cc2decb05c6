"""The progress bar: it appears on a terminal after a while, and leaves no trace."""

import sys
from time import sleep

import pytest

from cnncalc.cli import terminal
from cnncalc.cli.terminal import progress


class Terminal:
    """Standard error as a terminal that records its text."""

    def __init__(self) -> None:
        self.text = ""
        self.encoding = "utf-8"

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return True


def terminal_of(monkeypatch: pytest.MonkeyPatch, patience: float) -> Terminal:
    """Replaces standard error; called in the test because pytest restores its own after a fixture."""
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(terminal, "PATIENCE", patience)
    return screen


def test_a_bar_appears_while_work_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal_of(monkeypatch, 0.05)
    with progress("counting") as watch:
        watch(1, 4)
        for _ in range(1500):
            sleep(0.02)
            if "1/4" in shown.text:
                break
    assert "counting" in shown.text
    assert "1/4" in shown.text


def test_quick_work_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal_of(monkeypatch, 60)
    with progress("counting") as watch:
        watch(1, 4)
    assert shown.text == ""


def test_a_bar_is_not_started_after_the_work_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = terminal_of(monkeypatch, 60)
    bar = terminal.Bar("counting")
    bar.stop()
    bar.start()
    assert shown.text == ""
