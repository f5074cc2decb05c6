"""Every command on a full disk, into a closed pipe, in a read-only folder and in an ASCII locale.

One process for each condition starts all commands, each in a process of its own that begins with
everything imported.
"""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import TINY, _without_override
from tests.cli.test_contract import CALLS
from tests.conftest import mostly_slow

pytestmark = pytest.mark.slow

SCRIPT = """
import json, os, resource, sys
from importlib import import_module
from cnncalc.cli import app, main
from cnncalc.cli.commands import MODULES
for name in MODULES.values():
    import_module(name)

def run(arguments):
    receives, sends = os.pipe()
    if os.fork():
        os.close(sends)
        with open(receives, encoding="utf-8") as errors:
            text = errors.read()
        return os.waitstatus_to_exitcode(os.wait()[1]), text
    for stream, target in ((1, os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)), (2, sends)):
        os.dup2(target, stream)
    CONDITION
    sys.argv = ["cnncalc", *(os.fsdecode(each.encode()) for each in arguments)]
    code = 0
    try:
        main()
    except SystemExit as stop:
        code = stop.code or 0
    finally:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            try:
                stream.flush()
            except OSError:
                code = 98
        os._exit(code)

out = sys.argv[1]
found = []
for arguments in json.loads(sys.argv[2]):
    code, err = run(arguments)
    with open(out, encoding="utf-8") as printed:
        found.append((code, printed.read(), err))
print(json.dumps(found))
"""

CLOSED = "receives, sends = os.pipe(); os.close(receives); os.dup2(sends, 1)"
CONDITIONS = {
    "nothing special": "",
    "standard output is a full disk": 'os.dup2(os.open("/dev/full", os.O_WRONLY), 1)',
    "both outputs are a full disk": 'os.dup2(os.open("/dev/full", os.O_WRONLY), 1); os.dup2(1, 2)',
    "standard output is a closed pipe": CLOSED,
    "both outputs are a closed pipe": f"{CLOSED}; os.dup2(1, 2)",
    "standard output is closed": "os.close(1); sys.stdout = None",
    "no file may grow": "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
    "the folder is read-only": 'os.chdir("shut")',
    "the locale is ASCII": "",
}
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
FULL = ("No space left on device", "File too large")
HELP = [["--help"], ["--version"], ["show", "--help"]]
WRONG = [["nonsense"], ["show", "nonsense.yaml"], ["show", "--nonsense"]]

Done = tuple[int, str, str]


def started(condition: str, calls: list[list[str]], folder: Path) -> list[Done]:
    """The exit code and the outputs of each call."""
    script = SCRIPT.replace("CONDITION", CONDITIONS[condition])
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder.parent / "printed"), json.dumps(calls)],
        cwd=folder,
        capture_output=True,
        check=True,
        timeout=300,
        env={**os.environ, **(ASCII if "ASCII" in condition else {})},
        preexec_fn=_without_override if os.geteuid() == 0 else None,
    )
    return [(code, out, err) for code, out, err in json.loads(done.stdout)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder, and a read-only one in it, with what the calls read."""
    for each in (tmp_path / "project", tmp_path / "project" / "shut"):
        each.mkdir()
        for name in ("tiny.yaml", "größe.yaml"):
            (each / name).write_text(TINY, encoding="utf-8")
        (each / "answers.csv").write_text("question,answer\nconv1.params,20\n", encoding="utf-8")
    (tmp_path / "project" / "shut").chmod(0o555)
    return tmp_path / "project"


@pytest.mark.parametrize("condition", mostly_slow(CONDITIONS, (1, 3, 8)))
def test_every_command_prints_or_says_why_not(condition: str, project: Path) -> None:
    right = [[name, *shlex.split(arguments)] for name, (arguments, _) in CALLS.items() if name != "init"]
    right += [*HELP, ["init", "-"], ["größe.yaml"], ["show", "größe.yaml", "--format", "json"]]
    calls = [*right, *WRONG]
    for call, (code, out, err) in zip(calls, started(condition, calls, project), strict=True):
        said = f"{condition}: cnncalc {' '.join(call)}: {code}\n{out[:300]}\n{err}"
        assert "Traceback" not in err, said
        assert "a fault of cnncalc" not in out + err, said
        assert out.isascii() or condition != "the locale is ASCII", said
        if call in WRONG:
            assert code == 2 or (code == 0 and condition == "both outputs are a closed pipe"), said
        elif "full disk" in condition or condition == "no file may grow":
            assert code == 2, said
            messages = [f"cnncalc: standard output cannot be written: {why}\n" for why in FULL]
            assert err in ([""] if "both" in condition else messages), said
        else:
            assert (code, err) == (0, ""), said
            assert bool(out) == ("closed" not in condition), said


WRITES = {
    "init": "init x.json",
    "run": "run tiny.yaml --save-weights x.npz",
    "patches": "patches tiny.yaml conv1 --save x.npz",
    "draw": "draw lenet5 -o x.svg",
    "export": "export lenet5 -o x.py",
    "report": "report lenet5 -o x.html",
    **dict.fromkeys(("schema", "guide", "kinds", "rule", "specs", "view", "import"), ""),
}
"""How a command writes a file, where that is not by `-o x.json`; nothing for one that writes none."""


@pytest.mark.parametrize("condition", ["no file may grow", "the folder is read-only"])
def test_every_command_names_the_file_that_it_cannot_write(condition: str, project: Path) -> None:
    lines = [WRITES.get(name, f"{name} {arguments} -o x.json") for name, (arguments, _) in CALLS.items()]
    calls = [shlex.split(line) for line in [*lines, "run tiny.yaml -o x.npy"] if line]
    before = sorted(project.rglob("*"))
    for call, (code, out, err) in zip(calls, started(condition, calls, project), strict=True):
        said = f"{condition}: cnncalc {' '.join(call)}: {code}\n{out}\n{err}"
        assert (code, out) == (2, ""), said
        assert f"{call[-1]} cannot be written: " in err or f"cannot write {call[-1]}: " in err, said
        assert err.count("\n") == 1, said
    assert sorted(project.rglob("*")) == before
