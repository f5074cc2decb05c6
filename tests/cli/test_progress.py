"""Long work is announced, its progress is shown, and Ctrl-C ends it."""

import os
import signal
import sys
import time
from pathlib import Path
from threading import Timer
from time import sleep

import pytest

from cnncalc import load
from cnncalc.cli import terminal
from cnncalc.cli.announcing import announce, announce_search
from cnncalc.cli.terminal import progress
from cnncalc.executor.network import Network
from tests.cli.conftest import Run


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


def test_a_line_says_how_far_long_work_is_without_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("grading") as watch:
        watch(1, 4)
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
        watch(2, 4)
        watch(3, 4)
    assert capsys.readouterr().err == "cnncalc: grading: not finished after 10 s, 2 of 4 done\n"


@pytest.mark.parametrize(
    ("times", "line"),
    [
        (1, ""),
        (10, "cnncalc: running 18.1 G MACs: about 6 s\n"),
        (1000, "cnncalc: running 1.8 T MACs: about 8 min\n"),
        (10**400, "cnncalc: running 1e+24 MACs: more than a year\n"),
    ],
)
def test_long_runs_are_announced(times: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    announce(load("resnet18"), times)
    assert capsys.readouterr().err == line


@pytest.mark.parametrize(
    "call",
    ["verify vgg16 --batch 9", "run vgg16 --plain", "gradients vgg16", "occlusion resnet50",
     "influence vgg16 conv5", "equivariance vgg19"],
)  # fmt: skip
def test_commands_announce_before_they_start(
    call: str, cnncalc: Run, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    def stop(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Network, "run", stop)
    monkeypatch.setattr("cnncalc.executor.memory.available", lambda: None)
    done = cnncalc(*call.split())
    first, last = done.err.splitlines()
    assert first.startswith("cnncalc: running ")
    assert last == "cnncalc: interrupted"
    assert done.code == 130


def test_ctrl_c_ends_solve_with_what_was_found(cnncalc: Run, folder: Path) -> None:
    layers = ("conv: ?, kernel: ?, stride: ?", "conv: ?, kernel: ?, padding: ?")
    Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
    done = cnncalc("solve", *layers, "--input", "32x32x3", "--params", "3000", "--output", "8x8x10")
    assert "stopped before all values were tried" in done.out
    assert done.err.endswith("cnncalc: interrupted\n")
    assert done.code == 130


def test_a_long_search_is_announced(capsys: pytest.CaptureFixture[str]) -> None:
    for seconds in (4, 99):
        announce_search(6336, "kernel 1 to 11, stride 1 to 4", seconds, 20)
    assert capsys.readouterr().err == (
        "cnncalc: trying 6,336 combinations (kernel 1 to 11, stride 1 to 4): about 2 min; stops after 20 s "
        "(--seconds), Ctrl-C prints what was found\n"
    )
