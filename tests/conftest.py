"""Shared by all tests: golden files and how they are refreshed, and what CI may not leave out."""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
"""Read when NumPy is imported: on small matrices threads wait longer for one another than they compute."""

GoldenCheck = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh", action="store_true", help="write golden files anew, to be read before a commit"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> GoldenCheck:
    """Compares a text with a golden file, or writes the file with --refresh."""

    def check(path: Path, text: str) -> None:
        if request.config.getoption("--refresh"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"{path.name} differs; --refresh writes it anew"

    return check


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file that skips itself because PyTorch is missing fails in CI, which installs it."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"CI skips no file: {report.longrepr}"
    return report
