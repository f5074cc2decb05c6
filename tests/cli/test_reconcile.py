"""`cnncalc reconcile`: output and exit codes."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import GoldenCheck, mostly_slow

GOLDEN = Path(__file__).parent / "golden"

CALLS = {
    "reconcile_resnet50.txt": (0, "resnet50", "macs=4.13G", "flops=8.18G", "params=25.6M"),
    "reconcile_paper.txt": (0, "resnet50_v1", "flops=3.8e9", "params=25,636,712", "--most", "2"),
    "reconcile_nearby.txt": (0, "mobilenet_v2", "macs=97.1M", "params=1.97M"),
    "reconcile_units.txt": (0, "vgg16", "params=131.9M", "params=138,344,128"),
    "reconcile_nearest.txt": (1, "lenet5", "params=60K", "macs=340,908"),
    "reconcile_resnet50.json": (0, "resnet50", "macs=4.134G", "--format", "json"),
    "reconcile_nearest.json": (1, "lenet5", "macs=340,908", "--format", "json"),
}

TAKES_LONG = re.compile("trying up to .* similar ones|not finished after")
"""What is said of a long search, on a slow machine also of others."""


@pytest.mark.parametrize("name", mostly_slow(CALLS, (0, 2, 4, 6)))
def test_what_is_printed(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    code, *arguments = CALLS[name]
    done = cnncalc("reconcile", *map(str, arguments))
    assert done.code == code
    assert all(TAKES_LONG.search(line) for line in done.err.splitlines())
    golden(GOLDEN / name, done.out)


def test_one_unexplained_number_is_1(cnncalc: Run) -> None:
    done = cnncalc("reconcile", "lenet5", "params=61706", "macs=1", "--format", "json")
    assert done.code == 1
    assert [each["explained"] for each in json.loads(done.out)["numbers"]] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("lenet5", "parms=61706"), 2, "did you mean 'params'?"),
        (("lenet5", "params=some"), 2, "found 'some'"),
        (("lenet5",), 2, "NUMBER"),
        (("no_such_network", "macs=4G"), 2, "no such file"),
        (("lenet5", "macs=4G", "--most", "0"), 2, "--most"),
    ],
)
def test_wrong_usage_gives_the_reason(arguments: tuple[str, ...], code: int, said: str, cnncalc: Run) -> None:
    done = cnncalc("reconcile", *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_an_invalid_spec_is_1(cnncalc: Run) -> None:
    text = b"cnncalc: 1\ninput: [3, 8, 8]\nlayers: [{conv: 4, kernel: 9}]\n"
    done = cnncalc("reconcile", "-", "macs=1G", stdin=text)
    assert (done.code, done.out) == (1, "")
    assert "kernel-too-large" in done.err
