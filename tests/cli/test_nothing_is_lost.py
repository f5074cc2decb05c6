"""A command that fails leaves files as they were, and no command replaces what it reads."""

import os
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run

SCRIPT = "import sys; sys.argv[0] = 'cnncalc'; from cnncalc.cli import main; main()"


def with_small_files(*arguments: str) -> Done:
    """A call in which no file may grow beyond 100 bytes, as on a full disk."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
    )
    return Done(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ("show lenet5 -o x.json", "x.json"),
        ("init --force x.yaml", "x.yaml"),
        ("run tiny.yaml --save-weights x.npz", "x.npz"),
        ("run tiny.yaml -o x.npy", "x.npy"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_full_disk_leaves_the_old_file(call: str, path: str, is_there: bool, folder: Path) -> None:
    if is_there:
        Path(path).write_text("old")
    before = sorted(os.listdir(folder))
    done = with_small_files(*call.split())
    assert done.code == 2
    assert done.err.startswith(f"cnncalc: {path} cannot be written: ")
    assert done.err.count("\n") == 1
    assert sorted(os.listdir(folder)) == before
    assert not is_there or Path(path).read_text() == "old"


REPLACED = {
    "check tiny.yaml --expect key.json -o key.json": "key.json",
    "check tiny.yaml --format json -o cnncalc.toml": "cnncalc.toml",
    "check --format json -o cnncalc.toml": "cnncalc.toml",
    "show tiny.yaml --format json -o pyproject.toml": "pyproject.toml",
    "show tiny.yaml -o linked.json": "linked.json",
    "show tiny.yaml -o symbolic.json": "symbolic.json",
    "check -o net.json": "net.json",
    "run tiny.yaml --data x.npy -o same.npy": "same.npy",
    "explain tiny.yaml conv1 -o linked.json": "linked.json",
    "reconcile tiny.yaml params=20 -o linked.json": "linked.json",
    "compare tiny.yaml lenet5 -o linked.json": "linked.json",
}


@pytest.mark.parametrize("call", REPLACED)
def test_no_name_of_a_file_that_is_read_is_written(call: str, folder: Path, cnncalc: Run) -> None:
    Path("key.json").write_text('{"expect": {"params": 20}}')
    Path("cnncalc.toml").write_text('include = ["*.yaml", "*.json"]\n')
    Path("net.json").write_text('{"cnncalc": 1, "input": [1, 4, 4], "layers": ["relu"]}')
    cnncalc("run", "tiny.yaml", "-o", "x.npy", "--save", "relu1=y.npy")
    os.link("x.npy", "same.npy")
    os.link("tiny.yaml", "linked.json")
    Path("symbolic.json").symlink_to("tiny.yaml")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    done = cnncalc(*shlex.split(call))
    assert (done.code, done.out) == (2, "")
    assert done.err == (f"cnncalc: --output {REPLACED[call]} would overwrite an input; choose another file\n")
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_weights_are_not_written_over_a_hard_link_to_them(folder: Path, cnncalc: Run) -> None:
    cnncalc("run", "tiny.yaml", "--save-weights", "w.npz")
    os.link("w.npz", "v.npz")
    done = cnncalc("run", "tiny.yaml", "--weights", "w.npz", "--save-weights", "v.npz")
    assert (done.code, done.out) == (2, "")
    assert "v.npz" in done.err
    assert Path("w.npz").samefile("v.npz")


def test_standard_input_that_comes_from_the_file_is_not_replaced(folder: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, "show", "-", "-o", "x.json"]
    Path("x.json").write_bytes((folder / "tiny.yaml").read_bytes())
    with Path("x.json").open() as file:
        done = subprocess.run(command, stdin=file, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--output x.json would overwrite an input" in done.stderr
    assert Path("x.json").read_bytes() == (folder / "tiny.yaml").read_bytes()


@pytest.mark.parametrize("call", ["show tiny.yaml -o x.json", "run tiny.yaml --save-weights x.npz"])
def test_a_file_keeps_its_mode(call: str, folder: Path, cnncalc: Run) -> None:
    path = folder / call.split()[-1]
    path.touch(0o600)
    assert cnncalc(*call.split()).code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_size > 100
    path.chmod(0o444)
    done = cnncalc(*call.split())
    assert done.code == 2
    assert f"{path.name} cannot be written: there is no permission to write to it" in done.err


def test_pipes_devices_and_links_are_written_to(folder: Path, cnncalc: Run) -> None:
    assert cnncalc("show", "tiny.yaml", "-o", "/dev/null") == (0, "", "")
    assert cnncalc("show", "tiny.yaml", "--json", "-o", "/dev/stdout").out.startswith("{")
    Path("link.json").symlink_to("real.json")
    assert cnncalc("show", "tiny.yaml", "-o", "link.json") == (0, "", "")
    assert Path("real.json").read_text().startswith("{")
    os.mkfifo("pipe.json")
    with subprocess.Popen(["cat", "pipe.json"], stdout=subprocess.PIPE) as reader:
        assert cnncalc("show", "tiny.yaml", "--json", "-o", "pipe.json").code == 0
        assert reader.stdout
        assert reader.stdout.read().startswith(b"{")
    assert folder.is_dir()
