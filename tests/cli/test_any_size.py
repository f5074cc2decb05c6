"""`calc` on an input of any size, and notes about sizes that were rounded."""

import json

import pytest

from tests.cli.conftest import Run


def test_both_readings_are_counted_for_any_size(cnncalc: Run) -> None:
    done = cnncalc("calc", "?x?x3", "CONV3-64")
    assert done.code == 2
    same, valid = done.out.split("--assume valid")
    assert "H × W × 64" in same
    assert "(H − 2) × (W − 2) × 64" in valid
    data = json.loads(cnncalc("calc", "?x?x3", "CONV3-64", "--json").out)
    assert [(each["assume"], each["report"]["layers"][0]["output"]) for each in data["readings"]] == [
        ("same", "H × W × 64"),
        ("valid", "(H − 2) × (W − 2) × 64"),
    ]


def test_csv_has_formulas(cnncalc: Run) -> None:
    done = cnncalc("calc", "?x?x3", "conv: 64, kernel: 7, stride: 2, padding: 3", "--format", "csv")
    assert done.out.splitlines() == [
        "name,kind,output,params,macs,receptive_field,jump",
        'conv1,conv,(⌊(H − 1)/2⌋ + 1) x (⌊(W − 1)/2⌋ + 1) x 64,9472,"2,352·H²",7x7,2',
    ]


def test_an_explanation_needs_a_size(cnncalc: Run) -> None:
    done = cnncalc("calc", "?x?x3", "conv: 64, kernel: 7", "--explain")
    assert (done.code, done.out) == (2, "")
    assert "write a number in place of ?" in done.err


@pytest.mark.parametrize(("input", "note"), [("224x224", "(224 + 0 − 11)/4 + 1 = 217/4"), ("227x227", "")])
def test_a_rounded_size_is_noted(cnncalc: Run, input: str, note: str) -> None:
    out = cnncalc("calc", input, "F=11, S=4, P=0").out
    lines = [line for line in out.splitlines() if "evenly" in line]
    wanted = f"note: conv1: the stride does not divide the height and width evenly: {note}, rounded"
    assert lines == ([wanted] if note else [])
