"""Several processes: results in order, a killed one loses one task, and none outlives its parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnncalc.checks import paths, processes
from cnncalc.checks.paths import check_paths
from cnncalc.checks.processes import cores

SCRIPT = """
import os, signal, sys, time
from contextlib import closing
from cnncalc.checks.processes import spread

def work(task):
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "sleep":
        os.write(1, b"%d\\n" % os.getpid())  # in one piece, unlike print
        time.sleep(60)
    return task, os.getpid()

def lost(task):
    return task, "lost"
"""


def script(folder: Path, text: str) -> list[str]:
    """A command that runs a script in a process without threads, whose workers are forked."""
    path = folder / "script.py"
    path.write_text(SCRIPT + text)
    return [sys.executable, str(path)]


def ran(folder: Path, text: str) -> str:
    return subprocess.run(
        script(folder, text), capture_output=True, text=True, check=True, timeout=120
    ).stdout


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_results_are_in_order_and_from_other_processes(method: str, tmp_path: Path) -> None:
    threads = (
        "import threading; threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
        if method == "spawn"
        else ""
    )
    text = f"""
if __name__ == "__main__":
    {threads}
    found = list(spread(work, range(100), 3, lost))
    assert [task for task, _ in found] == list(range(100))
    assert os.getpid() not in {{number for _, number in found}}
    print("fine")
"""
    assert ran(tmp_path, text) == "fine\n"


def test_a_killed_process_loses_the_task_that_it_was_at(tmp_path: Path) -> None:
    text = """
tasks = [*range(40), "die", *range(40), "die", "die", *range(10), "die"]
found = list(spread(work, tasks, 2, lost))
assert [task for task, _ in found] == tasks
assert [task for task, number in found if number == "lost"] == ["die"] * 4
print("fine")
"""
    assert ran(tmp_path, text) == "fine\n"


def test_without_workers_the_tasks_are_done_here(tmp_path: Path) -> None:
    text = """
from cnncalc.checks import processes
processes._serve = lambda connection, work: None
assert list(spread(work, range(5), 2, lost)) == [(task, os.getpid()) for task in range(5)]
print("fine")
"""
    assert ran(tmp_path, text) == "fine\n"


def test_closing_stops_what_is_not_done(tmp_path: Path) -> None:
    text = """
from multiprocessing import active_children
with closing(spread(work, ["first", "sleep", "sleep"], 3, lost)) as results:
    next(results)
assert active_children() == []
print("fine")
"""
    assert ran(tmp_path, text).splitlines()[-1] == "fine"


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL", "SIGINT", "SIGQUIT"])
def test_no_worker_outlives_its_parent(name: str, tmp_path: Path) -> None:
    text = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
for ignored in (signal.SIGHUP, signal.SIGQUIT):  # by nohup, by a background job
    signal.signal(ignored, signal.SIG_DFL)
from cnncalc.cli import signals_as_exits
with signals_as_exits(), closing(spread(work, ["sleep"] * 3, 3, lost)) as results:
    next(results)
"""
    with subprocess.Popen(
        script(tmp_path, text), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout
        workers = [int(parent.stdout.readline()) for _ in range(3)]
        assert all(map(is_alive, workers))
        parent.send_signal(getattr(signal, name))
        parent.wait(timeout=60)
        patience = time.monotonic() + 30
        while any(map(is_alive, workers)) and time.monotonic() < patience:
            time.sleep(0.01)
        assert not any(map(is_alive, workers))


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupted_check_says_so_in_one_line(name: str, tmp_path: Path) -> None:
    """The signal reaches every process of the group, as Ctrl-C does."""
    call = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
import os
from cnncalc.checks import paths
from cnncalc.cli import main
def slow(task):
    os.write(1, b"started\\n")  # in one piece, unlike print
    time.sleep(60)
paths.check_one = slow
sys.argv = ["cnncalc", "check", "--jobs", "2", "lenet5", "alexnet", "vgg16", "unet"]
main()
"""
    with subprocess.Popen(
        [sys.executable, "-c", call],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        os.killpg(process.pid, getattr(signal, name))
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == {
        "SIGINT": (130, "cnncalc: interrupted\n"),
        "SIGTERM": (143, ""),
    }[name]


def test_there_are_no_more_processes_than_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def spread(
        work: object, tasks: list[object], processes: int, lost: object, *, is_threaded: bool
    ) -> object:
        assert not is_threaded
        asked.append(processes)
        return processes_of(work, tasks, 1, lost)

    processes_of = processes.spread
    monkeypatch.setattr(paths, "spread", spread)
    monkeypatch.setattr(paths, "cores", lambda: 3)
    for jobs in (2, 10_000):
        assert len(check_paths(["lenet5", "alexnet"], jobs=jobs).files) == 2
    assert asked == [2, 3]
    assert cores() >= 1


def test_a_killed_worker_is_the_result_of_its_spec(tmp_path: Path) -> None:
    call = """
import os, signal, sys
from cnncalc.checks import paths
from cnncalc.checks.single import check_one
from cnncalc.cli import main
def dies(task):
    if task.path == "alexnet":
        os.kill(os.getpid(), signal.SIGKILL)
    return check_one(task)
paths.check_one = dies
paths.cores = lambda: 2
sys.argv = ["cnncalc", "check", "--format", "concise", "--jobs", "2", "lenet5", "alexnet", "resnet18", "unet"]
main()
"""
    done = subprocess.run([sys.executable, "-c", call], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("alexnet: error: the process that checked this spec was killed; ")
    assert tmp_path.is_dir()
