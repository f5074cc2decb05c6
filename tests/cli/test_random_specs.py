"""Every command on random valid specs, with every column at every depth: a result, and never a fault."""

from pathlib import Path

import pytest

from cnncalc.cli.commands import MODULES
from cnncalc.render.columns import COLUMNS
from tests.cli.conftest import Run
from tests.grammar import spec_text

COLUMN_NAMES = ",".join(COLUMNS)
CALLS = {
    "show": [
        *(f"net.yaml --depth {depth} --columns {COLUMN_NAMES}" for depth in (1, 2, 3)),
        *(f"net.yaml --columns {COLUMN_NAMES} --format {form}" for form in ("json", "csv", "markdown")),
        "net.yaml --symbolic w",
        "net.yaml --count-as fvcore",
        "net.yaml --batch 3 --dtype float16 --optimizer adam",
    ],
    "draw": [
        "net.yaml",
        "net.yaml --depth 9",
        "net.yaml --depth 1 --format dot",
        "net.yaml --format mermaid",
    ],
    "report": ["net.yaml", "net.yaml tiny.yaml"],
    "explain": ["net.yaml --all", "net.yaml --json", "net.yaml --format latex"],
    "check": ["net.yaml --select ALL --verbose", "net.yaml --format sarif"],
    "compare": ["net.yaml tiny.yaml", "net.yaml --json"],
    "diff": ["net.yaml tiny.yaml", "tiny.yaml net.yaml --format markdown", "net.yaml net.yaml --json"],
    "dialects": [f"net.yaml --format {form}" for form in ("text", "json", "csv", "markdown")],
    "field": ["net.yaml identity1", "net.yaml identity1 --json"],
    "reconcile": ["net.yaml params=1234", "net.yaml macs=1.2M --json"],
    "worksheet": ["net.yaml", "net.yaml --json"],
    "verify": ["net.yaml", "net.yaml --json"],
    "run": ["net.yaml", "net.yaml --json"],
    "gradients": ["net.yaml"],
    "influence": ["net.yaml identity1"],
    "equivariance": ["net.yaml"],
    "export": ["net.yaml"],
}
NO_NETWORK = {"specs", "kinds", "calc", "solve", "rule", "init", "schema", "guide", "view", "import"}
MORE_THAN_A_NETWORK = {"grade", "occlusion", "patches"}
ALWAYS_0 = ("draw", "explain", "compare", "dialects", "worksheet", "verify", "run")
"""Commands that succeed on every valid network."""


def test_every_command_is_called_or_needs_other_input() -> None:
    assert CALLS.keys() | NO_NETWORK | MORE_THAN_A_NETWORK == MODULES.keys()


def call_every_command(seed: int, cnncalc: Run) -> None:
    text = spec_text(seed)
    Path("net.yaml").write_text(text, encoding="utf-8")
    for command, calls in CALLS.items():
        for arguments in calls:
            done = cnncalc(command, *arguments.split())
            said = f"seed {seed}: cnncalc {command} {arguments}\n{done.out[-2000:]}{done.err}\n{text}"
            assert done.code in (0, 1, 2), said
            assert "Usage:" not in done.err, said
            assert done.code == 0 or command not in ALWAYS_0, said


@pytest.mark.parametrize("seed", range(3))
def test_commands_take_a_random_spec(seed: int, folder: Path, cnncalc: Run) -> None:
    call_every_command(seed, cnncalc)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 63, 20))
def test_commands_take_many_random_specs(seed: int, folder: Path, cnncalc: Run) -> None:
    for each in range(seed, seed + 10):
        call_every_command(each, cnncalc)
