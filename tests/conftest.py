"""Shared by all tests: golden files with a refresh flag, and rules for skipping."""

import gc
import os
import re
import shutil
from collections.abc import Callable, Container, Generator, Iterable
from importlib.util import find_spec
from math import isclose
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import settings

from tests.page.chromium import executable

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
        "googlenet",
        "lenet5",
        "lenet5_1998",
        "mobilenet_v3_small",
        "resnet18",
        "tcn",
        "unet",
        "yolov3_tiny",
    )
)
"""Bundled networks that are fast to analyze and run, one of each type; the lectures also are."""

FEW = frozenset(("alexnet", "lenet5", "resnet18", "tcn"))
"""Those for what takes long on each network."""


ALIKE = frozenset(
    (
        "attention_unet",
        "cbam_resnet50",
        "conv_tasnet",
        "convnext_v2_tiny",
        "eegnet_8_2",
        "efficientdet_d0_bifpn",
        "ghostnet",
        "maxvit_t",
        "mobilenet_v3_large",
        "patchgan",
        "pix2pix_generator",
        "res2net50",
        "rezero_resnet20",
        "ssd300_vgg16",
        "swin_t",
        "text_cnn",
        "x3d_s",
        "yolov8n",
    )
)
"""Bundled networks built like others: tests of their own numbers and `verify` run on them."""


def bundled(
    networks: Iterable[Any], by_default: Container[str] = QUICK, without: Container[str] = ALIKE
) -> list[Any]:
    """Cases for parametrize: bundled networks of each type in CI, the quick ones by default."""

    def is_quick(spec: Path) -> bool:
        return spec.stem in by_default or spec.parent.name == "lectures"

    chosen = [each for each in networks if Path(each).stem not in without]
    return [each if is_quick(Path(each)) else pytest.param(each, marks=pytest.mark.slow) for each in chosen]


def mostly_slow(cases: Iterable[Any], quick: Iterable[int] = (0,)) -> list[Any]:
    """Cases for parametrize: all in CI, by default those at a few places."""
    chosen = frozenset(quick)
    return [
        case if at in chosen else pytest.param(*_values(case), marks=pytest.mark.slow)
        for at, case in enumerate(cases)
    ]


def _values(case: Any) -> tuple[Any, ...]:
    return case if type(case) in (tuple, list) else (case,)


class _Run:
    """Whether this run includes what is marked `slow`."""

    is_whole = False


def examples(whole: int, least: int = 10) -> int:
    """How many examples hypothesis draws: all where slow tests run, too, and a sample by default."""
    return whole if _Run.is_whole else max(whole // 5, min(whole, least))


def pytest_configure(config: pytest.Config) -> None:
    _Run.is_whole = "not slow" not in config.option.markexpr
    settings.register_profile("cnncalc", max_examples=examples(100), deadline=None)
    settings.load_profile("cnncalc")


def pytest_collection_finish() -> None:
    """Leave what is loaded by now, which stays until the end, out of every later collection of garbage."""
    gc.collect()
    gc.freeze()


FLOAT = re.compile(r"(-?\d+\.\d+(?:e[+-]?\d+)?|-?\d+e[+-]?\d+)")
"""A float; integers, with or without commas, are compared as text."""

QUOTED = re.compile(r"(invalid (?:YAML|TOML): ).*?(?= \[[\w-]+\]$|$)", re.MULTILINE)
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


def program(name: str) -> str | None:
    """The path of an installed program, also of one from npm in `.node` of this folder."""
    own = Path(__file__).parent.parent / ".node" / "node_modules" / ".bin"
    return shutil.which(name) or shutil.which(name, path=own)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests marked `crosscheck`, `browser` or `program` if what they need is not installed."""
    for item in items:
        if item.get_closest_marker("browser") and executable() is None:
            item.add_marker(pytest.mark.skip(reason="needs Chromium"))
        for mark in item.iter_markers("program"):
            if program(mark.args[0]) is None:
                item.add_marker(pytest.mark.skip(reason=f"needs {mark.args[0]}"))
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
