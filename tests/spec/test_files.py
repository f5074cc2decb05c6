"""Reading files: pipes, devices and what cannot be read; nothing waits forever."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cnncalc import SpecError, load
from cnncalc.executor.io.arrays import read_input
from cnncalc.executor.weight_files import read_weights
from cnncalc.homework.answers.files import sheets_of_file
from cnncalc.shapes import Shape
from cnncalc.spec import files
from tests.cli.conftest import TINY

LATE = "no program wrote to this pipe within 0.2 seconds"


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "PATIENCE", 0.2)
    os.mkfifo(tmp_path / "net.yaml")
    return tmp_path / "net.yaml"


def test_a_pipe_that_no_program_writes_to_is_an_error(pipe: Path) -> None:
    for read in (load, sheets_of_file):
        with pytest.raises(SpecError, match=LATE):
            read(pipe)


def test_an_array_is_not_read_from_a_pipe(pipe: Path) -> None:
    with pytest.raises(OSError, match="it is not a file"):
        read_input(pipe, Shape(1, (4, 4)), "chw")
    with pytest.raises(OSError, match="it is not a file"):
        read_weights(pipe, load("lenet5").graph)


@pytest.mark.parametrize("pause", [0, 0.05, 0.5])
def test_a_slow_program_is_waited_for(pause: float, pipe: Path) -> None:
    def write() -> None:
        with pipe.open("w") as file:
            for part in (TINY[:20], TINY[20:]):
                time.sleep(pause)
                file.write(part)
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert load(pipe).graph.names == load(TINY).graph.names
    finally:
        writer.join()


def test_a_program_that_never_stops_writing(pipe: Path) -> None:
    writer = subprocess.Popen(["sh", "-c", f"exec yes > '{pipe}'"], stderr=subprocess.DEVNULL)
    with writer, pytest.raises(SpecError, match="larger than 8 MB"):
        load(pipe)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="reads devices")
def test_devices() -> None:
    with pytest.raises(SpecError, match="larger than 8 MB"):
        load("/dev/zero")
    with pytest.raises(SpecError, match="the spec is empty"):
        load("/dev/null")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("check", "cnncalc: the current folder no longer exists; change to another one\n"),
        ("show net.yaml", "error[unreadable]: the current folder no longer exists\n --> net.yaml\n"),
        ("show main:net.yaml", "error[unreadable]: the current folder no longer exists\n"),
        ("show lenet5 -o x.json", "cnncalc: x.json cannot be written: the current folder no longer exists\n"),
        ("init", "cnncalc: network.yaml cannot be written: the current folder no longer exists\n"),
        ("show lenet5", ""),
    ],
)
def test_a_deleted_folder_is_named(call: str, said: str, tmp_path: Path) -> None:
    script = f"""
import os, sys
os.mkdir("gone")
os.chdir("gone")
os.rmdir("../gone")
sys.path = [path for path in sys.path if path]
sys.argv = ["cnncalc", *{call.split()}]
from cnncalc.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith(said)
    assert done.returncode == (2 if said else 0)
