"""The progress bar: it appears on a terminal after a while, and leaves no trace."""

import sys
from time import sleep

import pytest

from cnncalc.cli import terminal
from cnncalc.cli.terminal import progress


class Terminal:
    """Standard error as a terminal that keeps what is written."""

    def __init__(self) -> None:
        self.text = ""
        self.encoding = "utf-8"

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return True


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(terminal, "PATIENCE", 0.05)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def test_a_bar_appears_while_work_takes_long(shown: Terminal) -> None:
    with progress("counting") as watch:
        watch(1, 4)
        for _ in range(1500):
            sleep(0.02)
            if "1/4" in shown.text:
                break
    assert "counting" in shown.text
    assert "1/4" in shown.text


def test_quick_work_shows_nothing(shown: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "PATIENCE", 60)
    with progress("counting") as watch:
        watch(1, 4)
    assert shown.text == ""


def test_a_bar_that_comes_too_late_is_not_started(shown: Terminal) -> None:
    bar = terminal.Bar("counting")
    bar.stop()
    bar.start()
    assert shown.text == ""
