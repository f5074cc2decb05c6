"""`cnncalc rule`: the list of codes, and a page for each."""

import json
from pathlib import Path

import pytest

from cnncalc.checks.rules.documentation import DOCUMENTED
from tests.cli.conftest import Run
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden"

CALLS = {
    "rules.txt": ("rule",),
    "rule_bias_before_norm.txt": ("rule", "bias-before-norm"),
    "rule_bias_before_norm.md": ("rule", "bias-before-norm", "--format", "markdown"),
    "rule_budget.txt": ("rule", "budget"),
    "rule_groups.txt": ("rule", "GROUPS"),
    "rule_no_activation.json": ("rule", "no-activation", "--format", "json"),
}


@pytest.mark.parametrize(("name", "arguments"), CALLS.items(), ids=CALLS)
def test_what_is_printed(name: str, arguments: tuple[str, ...], cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc(*arguments)
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_code_has_a_page(code: str, cnncalc: Run) -> None:
    done = cnncalc("rule", code, "--format", "json")
    page = json.loads(done.out)
    assert (done.code, page["code"]) == (0, code)
    assert page["text"].startswith(page["summary"])


def test_the_list_as_json_is_complete(cnncalc: Run) -> None:
    listed = json.loads(cnncalc("rule", "--format", "json").out)
    assert [each["code"] for each in listed] == list(DOCUMENTED)
    table = cnncalc("rule").out
    assert all(code in table for code in DOCUMENTED)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("rule", "bias-befor-norm"),
            "unknown rule or error code 'bias-befor-norm'; did you mean 'bias-before-norm'?",
        ),
        (("rule", "x"), "unknown rule or error code 'x'; `cnncalc rule` lists them"),
        (("rule", "--format", "markdown"), "--format markdown requires a code"),
    ],
)
def test_an_unknown_code(arguments: tuple[str, ...], said: str, cnncalc: Run) -> None:
    done = cnncalc(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
