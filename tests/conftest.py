"""Shared by all tests: golden files and how they are refreshed, and what may be skipped."""

import os
from collections.abc import Callable, Generator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Read when NumPy is imported: on small matrices threads wait longer for one another than they compute."""

Report = TypeVar("Report", pytest.CollectReport, pytest.TestReport)

GoldenCheck = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh", action="store_true", help="rewrite golden files; read the difference before a commit"
    )
    parser.addoption("--no-skips", action="store_true", help="fail where a test is skipped (for CI)")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> GoldenCheck:
    """Compares a text with a golden file, or writes the file with --refresh."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--refresh"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; --refresh writes it anew"

    return check


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked `crosscheck` where the libraries that it compares with are not installed."""
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
    """With --no-skips, a report of something skipped becomes a failure."""
    if report.skipped and config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, with --no-skips: {report.longrepr}"
    return report
