"""`cnncalc show --count-as`: counts of other tools next to cnncalc's own."""

import csv
import io
import json
from pathlib import Path
from typing import get_args

import pytest

from cnncalc.choices import Tool
from tests.cli.conftest import Run
from tests.conftest import GoldenCheck
from tests.test_rooms import modules_after

GOLDEN = Path(__file__).parent / "golden"

CALLS = {
    "count_as_fvcore.txt": ("resnet50", "--depth", "1", "--count-as", "fvcore"),
    "count_as_netscope.txt": ("alexnet", "--depth", "1", "--count-as", "netscope"),
    "count_as_lecture.txt": ("alexnet", "--columns", "name,output,params", "--count-as", "lecture"),
    "count_as_calflops.json": ("lenet5", "--depth", "1", "--count-as", "calflops", "--format", "json"),
    "count_as_ptflops.csv": ("lenet5", "--count-as", "ptflops", "--format", "csv"),
    "count_as_torchinfo.md": ("lenet5", "--depth", "1", "--count-as", "torchinfo", "--format", "markdown"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc(*CALLS[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


@pytest.mark.parametrize("tool", get_args(Tool))
@pytest.mark.parametrize("depth", [(), ("--depth", "1")])
def test_printed_counts_add_up_to_the_printed_totals(tool: str, depth: tuple[str, ...], cnncalc: Run) -> None:
    call = ("googlenet", *depth, "--count-as", tool, "--format")
    data = json.loads(cnncalc(*call, "json").out)
    counted = data["counted_as"]
    assert (counted["tool"], counted["total"]) == (tool, counted["totals"][0])
    assert counted["total"] == sum(layer["count"] for layer in data["layers"])
    rows = list(csv.DictReader(io.StringIO(cnncalc(*call, "csv").out)))
    names = [f"{tool}_{quantity}".lower().replace("-", "_") for quantity in counted["quantities"]]
    assert [sum(int(row[name]) for row in rows) for name in names] == counted["totals"]


def test_rules_of_tools_are_imported_only_when_needed() -> None:
    run = "import sys; sys.argv = ['cnncalc', 'show', 'lenet5']\nfrom cnncalc.cli import main\n"
    run += "try: main()\nexcept SystemExit: pass\n"
    check = "assert not {'cnncalc.analysis.conventions', 'cnncalc.analysis.recount'} & {*sys.modules}"
    modules_after(run + check)


def test_an_unknown_tool_is_a_wrong_call(cnncalc: Run) -> None:
    done = cnncalc("lenet5", "--count-as", "keras")
    assert (done.code, done.out) == (2, "")
    assert "fvcore" in done.err
