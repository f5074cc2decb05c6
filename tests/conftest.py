"""Shared by all tests: golden files with a refresh flag, and rules for skipping."""

import os
import re
from collections.abc import Callable, Generator, Iterable
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from typing import Any, TypeVar

import pytest

for name in (
    "COLUMNS",
    "LINES",
    "FORCE_COLOR",
    "NO_COLOR",
    "CLICOLOR_FORCE",
    "TTY_COMPATIBLE",
    "PY_COLORS",
    "TERMINAL_WIDTH",
):
    os.environ.pop(name, None)  # output must not depend on the terminal
os.environ["TERM"] = "xterm"

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Read when NumPy is imported: for small matrices, threads cost more than they save."""

Report = TypeVar("Report", pytest.CollectReport, pytest.TestReport)

GoldenCheck = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh", action="store_true", help="rewrite golden files; read the difference before a commit"
    )
    parser.addoption("--no-skips", action="store_true", help="fail where a test is skipped (for CI)")


QUICK = frozenset(
    (
        "alexnet",
        "c3d",
        "dcgan",
        "googlenet",
        "lenet5",
        "lenet5_1998",
        "mobilenet_v2",
        "mobilenet_v3_small",
        "nin",
        "resnet18",
        "shufflenet_v2_x1_0",
        "squeezenet1_0",
        "tcn",
        "unet",
        "wavenet",
        "yolov3_tiny",
    )
)
"""Bundled networks that are fast to analyze and run, one of each type; the lectures also are."""


def _is_quick(spec: Path) -> bool:
    return spec.stem in QUICK or spec.parent.name == "lectures"


def bundled(networks: Iterable[Any]) -> list[Any]:
    """Cases for parametrize, by path or name: all bundled networks in CI, the quick ones by default."""
    return [
        each if _is_quick(Path(each)) else pytest.param(each, marks=pytest.mark.slow) for each in networks
    ]


FLOAT = re.compile(r"(-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+)")
"""A float; integers, with or without commas, are compared as text."""

QUOTED = re.compile(r"(this is not (?:YAML|TOML): ).*?(?= \[[\w-]+\]$|$)", re.MULTILINE)
"""A message of another project's parser, which differs between versions."""


def assert_same(found: str, wanted: str, what: str = "") -> None:
    """Two texts are equal except for the last digits of floats and messages of other projects."""
    found, wanted = (QUOTED.sub(r"\1…", text) for text in (found, wanted))
    halves = FLOAT.split(found), FLOAT.split(wanted)
    if all(len(parts) == len(halves[0]) for parts in halves) and all(map(same_part, *halves)):
        return
    assert found == wanted, what


def same_part(found: str, wanted: str) -> bool:
    """Equal, or floats that differ only in the last digits, as between BLAS kernels."""
    if found == wanted:
        return True
    both = FLOAT.fullmatch(found) and FLOAT.fullmatch(wanted)
    return bool(both) and isclose(float(found), float(wanted), rel_tol=1e-7, abs_tol=1e-12)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> GoldenCheck:
    """Compare a text with a golden file, or write the file with --refresh."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--refresh"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert_same(text, path.read_text(encoding="utf-8"), f"{path.name} differs; --refresh rewrites it")

    return check


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `crosscheck` if the libraries to compare with are not installed."""
    for item in items:
        if mark := item.get_closest_marker("crosscheck"):
            missing = [name for name in mark.args or ("torch",) if find_spec(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}: the crosscheck extra"))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    return refused_skip(report, collector.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    return refused_skip(report, item.config)


def refused_skip(report: Report, config: pytest.Config) -> Report:
    """With --no-skips, a skipped test is a failure."""
    if report.skipped and config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, with --no-skips: {report.longrepr}"
    return report
