"""The tool imports with only its dependencies, the tests with only the `test` extra.

So `pytest` can collect tests without PyTorch or other libraries of the cross-checks.
"""

import subprocess
import sys
from ast import literal_eval
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

IMPORT_ALL = """
import sys
from importlib import import_module

foreign, modules = (set(words.split()) for words in sys.argv[1:])

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in foreign:
            raise ModuleNotFoundError(f"{name} is not installed with this extra")

sys.meta_path.insert(0, Refuse())
for module in sorted(modules):
    try:
        import_module(module)
    except ImportError as error:
        print(f"{module}: {error}")
"""


def needed(distribution: str, extra: str = "") -> set[str]:
    """The names of a distribution and all its dependencies."""
    found = {canonicalize_name(distribution)}
    waiting = [(distribution, {"", extra})]
    while waiting:
        name, extras = waiting.pop()
        try:
            requirements = map(Requirement, requires(name) or ())
        except PackageNotFoundError:  # for another system or another Python
            continue
        for each in requirements:
            wanted = any(each.marker is None or each.marker.evaluate({"extra": extra}) for extra in extras)
            known = canonicalize_name(each.name)
            if wanted and (known not in found or each.extras):
                found.add(known)
                waiting.append((known, {"", *each.extras}))
    return found


def modules_under(folder: str) -> list[str]:
    files = (path.relative_to(ROOT).with_suffix("") for path in (ROOT / folder).rglob("*.py"))
    return [".".join(file.parts).removesuffix(".__init__") for file in files if file.name != "__main__"]


@pytest.mark.parametrize(
    ("folder", "extra"), [("cnncalc", ""), pytest.param("tests", "test", marks=pytest.mark.slow)]
)
def test_every_module_imports_without_any_other_extra(folder: str, extra: str) -> None:
    allowed = needed("cnncalc", extra)
    names = packages_distributions().items()
    foreign = [name for name, whose in names if not {canonicalize_name(each) for each in whose} & allowed]
    call = [sys.executable, "-c", IMPORT_ALL, " ".join(foreign), " ".join(modules_under(folder))]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    assert done.stdout == ""


def test_what_comes_with_an_extra_is_known() -> None:
    assert {"numpy", "rich", "pygments"} <= needed("cnncalc")
    assert "pytest" not in needed("cnncalc")
    assert {"pytest", "pillow", "hypothesis"} <= needed("cnncalc", "test")
    assert "torch" not in needed("cnncalc", "test")


def test_the_start_imports_nothing_before_it_handles_ctrl_c() -> None:
    script = (
        "import sys; before = set(sys.modules); import cnncalc.__main__; print(set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(literal_eval(done.stdout)) <= {"cnncalc", "cnncalc.__main__", "_signal"}


def test_ctrl_c_during_the_start_prints_one_line() -> None:
    script = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, *others):
        if name == "cnncalc.cli":
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
sys.meta_path.insert(0, Interrupting())
from cnncalc.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "cnncalc: interrupted\n")
