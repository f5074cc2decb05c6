"""Completion: what is suggested, and what a Tab does in bash and zsh."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnncalc.cli.commands import MODULES
from cnncalc.cli.shells import script, typed
from tests.cli.conftest import Run, cnncalc, folder  # noqa: F401 - the fixtures
from tests.conftest import program

ROOT = Path(__file__).parent.parent.parent

NET = """cnncalc: 1
input: [3, 8, 8]
vars: {width: 4, words: 2}
blocks: {b: {layers: [{conv: 4, kernel: 1}]}}
layers:
  - {conv: width, kernel: 3, name: stem}
  - {conv: 4, kernel: 3, name: "layer1.0.conv1"}
  - {use: b, name: b}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a spec."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET, encoding="utf-8")
    (tmp_path / "my nets" / "old").mkdir(parents=True)
    (tmp_path / "my nets" / "a net.yaml").write_text(NET, encoding="utf-8")
    return tmp_path


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Sets the line to complete, as the script for bash does."""

    def set(text: str) -> None:
        for name in ("COMP_WORDS", "COMP_CWORD", "_TYPER_COMPLETE_ARGS"):
            monkeypatch.setenv(name, "")  # for what completion writes
        monkeypatch.setenv("_CNNCALC_COMPLETE", "complete_bash")
        monkeypatch.setenv("_CNNCALC_LINE", text)

    return set  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("cnncalc sho", ["show"]),
        ("cnncalc ", [*MODULES]),
        ("cnncalc resnet1", ["resnet101", "resnet152", "resnet18"]),
        ("cnncalc rep", ["report"]),
        ("cnncalc net", ["net.yaml"]),
        ("cnncalc 'my", ["my", "nets/"]),
        ("cnncalc show my\\ nets/", ["my", "nets/a", "net.yaml", "my", "nets/old/"]),
        ("cnncalc help sch", ["schema"]),
        ("cnncalc lenet5 --colum", ["--columns"]),
        ("cnncalc net.yaml --sort fla", []),
        ("cnncalc net.yaml --sort rece", ["receptive_field"]),
        ("cnncalc show --columns name,out", ["name,output"]),
        ("cnncalc field lenet5 --format js", ["json"]),
        ("cnncalc field net.yaml lay", ["layer1.0.conv1"]),
        ("cnncalc field net.yaml ", ["stem", "layer1.0.conv1", "b.conv1", "b"]),
        ("cnncalc explain lenet5 co", ["conv1.act", "conv1", "conv2.act", "conv2", "conv3.act", "conv3"]),
        ("cnncalc explain LeNet-5 conv1 fc", ["fc1.act", "fc1", "fc2"]),
        ("cnncalc explain lenet5 conv1 --of par", ["params", "params_per_filter"]),
        ("cnncalc explain lenet5 pool1 --of macs,pad", ["macs,padding", "macs,padded"]),
        ("cnncalc explain lenet5 conv1 --of params,par", ["params,params_per_filter"]),
        ("cnncalc calc 32x32x3 'conv: 8, kernel: 3' --of weights_", ["weights_per_neuron"]),
        ("cnncalc check net.yaml --max trai", ["trainable="]),
        ("cnncalc check --max memory.p", ["memory.parameters=", "memory.peak="]),
        ("cnncalc check net.yaml --max st", ["stem:"]),
        ("cnncalc check net.yaml --max stem:trai", ["stem:trainable="]),
        ("cnncalc check net.yaml --max 'b*:dep", []),
        ("cnncalc check net.yaml --min receptive", ["receptive_field="]),
        ("cnncalc check net.yaml --select bias-b", ["bias-before-norm"]),
        ("cnncalc diff net.yaml --max-increase param", ["params=", "params_with_auxiliary="]),
        ("cnncalc show net.yaml --set w", ["width=", "words="]),
        ("cnncalc net.yaml --set wid", ["width="]),
        ("cnncalc diff net.yaml --set wid", ["width="]),
        ("cnncalc show net.yaml --symbolic wid", ["width"]),
        ("cnncalc run net.yaml --save ste", ["stem"]),
        ("cnncalc worksheet net.yaml --blank output,trai", ["output,trainable"]),
        ("cnncalc show lost.yaml --set ", []),
        ("cnncalc schema ch", ["check"]),
    ],
)
def test_suggestions(text: str, offered: list[str], net: Path, cnncalc: Run, line: Run) -> None:  # noqa: F811
    line(text)
    done = cnncalc()
    assert done.err == ""
    assert done.out.split() == offered


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cnncalc", [""]),
        ("cnncalc a", ["a"]),
        ("cnncalc a ", ["a", ""]),
        ("cnncalc show 'a b", ["show", "a b"]),
        ('cnncalc show "a b" c', ["show", "a b", "c"]),
        ("cnncalc spec --set ", ["show", "spec", "--set", ""]),
        ("cnncalc other --set ", ["other", "--set", ""]),
        ("cnncalc help ", [""]),
    ],
)
def test_the_words_of_a_line(text: str, words: list[str], line: Run) -> None:
    line(text)
    assert typed(["show"], lambda word: word == "spec") == words


SHIM = f"""#!{sys.executable}
import json, os, sys
if "_CNNCALC_COMPLETE" in os.environ:
    sys.path.insert(0, {str(ROOT)!r})
    from cnncalc.cli import main
    main()
else:
    print("RAN", json.dumps(sys.argv[1:]), flush=True)
"""
"""Completes as the real program, and prints its arguments instead of running."""

START = {
    "bash": ["--norc", "--noprofile", "-i"],
    "zsh": ["-f", "-i"],
}
SETUP = {
    "bash": "source ./script; PS1='> '",
    "zsh": "mkdir functions; cp script functions/_cnncalc; fpath=($PWD/functions $fpath); "
    "autoload -Uz compinit; compinit -u -d dump; PS1='> '; unsetopt prompt_sp",
}
"""In zsh the script is loaded at the first Tab, as with --install-completion."""


class Terminal:
    """A shell in a terminal."""

    def __init__(self, shell: str, folder: Path) -> None:  # noqa: F811
        (folder / "script").write_text(script(shell), encoding="utf-8")
        (folder / "cnncalc").write_text(SHIM, encoding="utf-8")
        (folder / "cnncalc").chmod(0o755)
        self._main, side = pty.openpty()
        path = f"{folder}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LANG": "C.UTF-8", "COLUMNS": "200"}
        self._process = subprocess.Popen(
            [program(shell) or shell, *START[shell]],
            stdin=side,
            stdout=side,
            stderr=side,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        os.close(side)
        self._text = ""
        self._send(f"{SETUP[shell]}; echo REA''DY\n")
        self._wait_for("READY\r")

    def close(self) -> None:
        os.close(self._main)
        self._process.kill()
        self._process.wait()

    def run(self, typed: str) -> list[str]:
        """The arguments that arrive when a line with Tabs is typed."""
        self._text = ""
        self._send(f"{typed}\n")
        self._wait_for("RAN ")
        self._wait_for("\n", self._text.index("RAN "))
        arguments: list[str] = json.loads(self._text.partition("RAN ")[2].partition("\n")[0])
        return arguments

    def _send(self, text: str) -> None:
        os.write(self._main, text.encode())

    def _wait_for(self, text: str, start: int = 0) -> None:
        end = time.monotonic() + 60
        while text not in self._text[start:]:
            if not select.select([self._main], [], [], max(end - time.monotonic(), 0))[0]:
                raise AssertionError(f"no {text!r} in {self._text!r}")
            self._text += os.read(self._main, 65536).decode(errors="replace")


TABS = {
    "cnncalc resnet10\t": ["resnet101"],
    "cnncalc net.y\t--form\tjson": ["net.yaml", "--format", "json"],
    "cnncalc my\ta\t": ["my nets/a net.yaml"],
    "cnncalc 'my nets/a\t": ["my nets/a net.yaml"],
    "cnncalc run net.yaml --data pho\t": ["run", "net.yaml", "--data", "photo 1.png"],
    "cnncalc field net.yaml layer1.\t": ["field", "net.yaml", "layer1.0.conv1"],
    "cnncalc check net.yaml --max trai\t5K": ["check", "net.yaml", "--max", "trainable=5K"],
    "cnncalc check net.yaml --max stem:trai\t5K": ["check", "net.yaml", "--max", "stem:trainable=5K"],
    "cnncalc net.yaml --set=wid\t3": ["net.yaml", "--set=width=3"],
    "cnncalc net.yaml --set wid\t3": ["net.yaml", "--set", "width=3"],
}


@pytest.mark.parametrize("shell", [pytest.param(each, marks=pytest.mark.program(each)) for each in START])
def test_a_tab_completes(shell: str, net: Path) -> None:
    (net / "photo 1.png").touch()
    terminal = Terminal(shell, net)
    try:
        assert {line: terminal.run(line) for line in TABS} == TABS
    finally:
        terminal.close()
