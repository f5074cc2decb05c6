"""The rooms of the code: each imports only from earlier ones, and heavy libraries only where allowed."""

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cnncalc"

ROOMS = (
    "printed",
    "problems",
    "writing",
    "choices",
    "syntax",
    "expression",
    "typeset",
    "formula",
    "shapes",
    "datatypes",
    "window",
    "quantities",
    "guide",
    "layers",
    "structure",
    "graph",
    "spec",
    "analysis",
    "executor",
    "interchange",
    "explore",
    "checks",
    "homework",
    "render",
    "drawing",
    "page",
    "cli",
)

WITHIN_EXECUTOR = (
    "declared",
    "runtime",
    "ops",
    "io",
    "names",
    "weight_files",
    "top",
    "trace",
    "network",
    "gradients",
    "nonfinite",
    "values",
    "dependence",
    "memory",
    "verify",
    "visualize",
)

ONLY_IN = {
    "yaml": ("spec/reader.py",),
    "typer": ("cli/",),
    "rich": ("render/", "cli/"),
    "numpy": ("executor/",),
    "torch": ("executor/io/state_dict.py", "interchange/"),
}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """The modules that a file imports, by full name."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names if node.module == "cnncalc"}
    return frozenset(found)


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if path.parent != PACKAGE or path.stem in ROOMS]


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def test_a_room_imports_only_from_those_before_it() -> None:
    wrong = {}
    for path in FILES:
        allowed = ROOMS[: ROOMS.index(room_of(path)) + 1]
        used = {name.split(".")[1] for name in imports_of(path) if name.startswith("cnncalc.")}
        wrong[str(path)] = used - {"__version__", *allowed}
    assert {path: rooms for path, rooms in wrong.items() if rooms} == {}


EXECUTOR = PACKAGE / "executor"
WITHIN = [path for path in sorted(EXECUTOR.rglob("*.py")) if path != EXECUTOR / "__init__.py"]


def test_within_the_executor_too() -> None:
    wrong = {}
    for path in WITHIN:
        room = path.relative_to(EXECUTOR).parts[0].removesuffix(".py")
        allowed = WITHIN_EXECUTOR[: WITHIN_EXECUTOR.index(room) + 1]
        used = {name.split(".")[2] for name in imports_of(path) if name.startswith("cnncalc.executor.")}
        wrong[str(path)] = used - set(allowed)
    assert {path: rooms for path, rooms in wrong.items() if rooms} == {}


@pytest.mark.parametrize(("module", "places"), ONLY_IN.items())
def test_a_dependency_stays_in_its_room(module: str, places: tuple[str, ...]) -> None:
    users = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == module for name in imports_of(path))
    }
    assert all(user.startswith(places) for user in users)


def test_a_file_says_what_it_is_for() -> None:
    assert [str(path) for path in FILES if not ast.get_docstring(tree_of(path))] == []


def test_no_two_classes_have_the_same_name() -> None:
    names = Counter(
        node.name for path in FILES for node in tree_of(path).body if isinstance(node, ast.ClassDef)
    )
    assert not [name for name, times in names.items() if times > 1]


ASKS_THE_NAME = re.compile(r"""\.kind (==|!=|in|not in) ["'(\[{A-Z]|\.kind\.(starts|ends)with""")


@pytest.mark.parametrize("room", ["spec", "analysis", "explore", "checks", "homework", "render"])
def test_a_room_asks_the_class_of_a_layer_and_not_the_name_of_its_kind(room: str) -> None:
    asking = {
        path for path in (PACKAGE / room).rglob("*.py") if ASKS_THE_NAME.search(path.read_text("utf-8"))
    }
    assert not asking


def loaded_by(code: str) -> set[str]:
    """The modules that are loaded after running `code` in a new interpreter."""
    probe = f"{code}\nimport sys; print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def modules_after(code: str) -> set[str]:
    """The top-level ones."""
    return {name.split(".")[0] for name in loaded_by(code)}


def test_show_imports_no_numpy() -> None:
    show = "import sys; sys.argv = ['cnncalc', 'show', 'resnet50']\n"
    run = "from cnncalc.cli import main\ntry: main()\nexcept SystemExit: pass"
    loaded = modules_after(show + run)
    assert "rich" in loaded
    assert not loaded & {"numpy", "pydantic", "hypothesis", "tomllib"}


def test_importing_the_library_imports_nothing_else() -> None:
    assert not modules_after("import cnncalc") & {"yaml", "msgspec", "rich", "typer", "numpy"}


HELP_OF_ALL = """
from cnncalc.cli.app import application
from cnncalc.cli.commands import MODULES
for name in MODULES:
    application(name)([name, "--help"], standalone_mode=False)
"""
HELP_NEEDS = {"choices", "cli", "datatypes", "guide", "problems", "render", "shapes", "writing"}


def test_help_imports_nothing_of_what_a_command_runs() -> None:
    loaded = loaded_by(HELP_OF_ALL)
    assert "cnncalc.cli.commands.run" in loaded
    assert {name.split(".")[1] for name in loaded if name.startswith("cnncalc.")} == HELP_NEEDS
    assert not loaded & {"numpy", "yaml", "tomllib"}
