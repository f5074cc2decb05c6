"""`cnncalc check`: exit codes, options and output."""

import json
from pathlib import Path

import pytest

from cnncalc.cli import terminal
from tests.cli.conftest import Run
from tests.test_rooms import modules_after

GOOD = "cnncalc: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n  - {conv: 4, kernel: 3, name: stem}\n"
WARNS = GOOD.replace("kernel: 3", "kernel: 3, norm: batch")
FAILS = GOOD + "expect: {params: 1}\n"
INVALID = GOOD.replace("kernel: 3", "kernel: 30")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, outside of any CI job."""
    monkeypatch.chdir(tmp_path)
    for variable in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / ".git").mkdir()
    return tmp_path


def write(text: str, name: str = "net.yaml") -> None:
    Path(name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "options", "code"),
    [
        (GOOD, (), 0),
        (WARNS, (), 0),
        (WARNS, ("--strict",), 1),
        (WARNS, ("--strict", "--no-strict"), 0),
        (WARNS, ("--strict", "--ignore", "bias-before-norm"), 0),
        (WARNS, ("--strict", "--select", "unused-layer,does-nothing"), 0),
        (WARNS, ("--strict", "--exit-zero"), 0),
        (FAILS, (), 1),
        (FAILS, ("--exit-zero",), 0),
        (FAILS, ("--ignore", "expectation"), 0),
        (INVALID, (), 1),
        (INVALID, ("--exit-zero",), 0),
        (GOOD, ("--max", "params=111"), 1),
        (GOOD, ("--max", "params=112", "--min", "receptive_field=3"), 0),
        (GOOD, ("--max", "stem:macs=3K"), 1),
        (GOOD, ("--max", "memory.peak=1344"), 0),
        (GOOD, ("--max", "memory.peak=1344", "--batch", "2"), 1),
        (GOOD, ("--max", "memory.peak=1344", "--batch", "2", "--dtype", "float16"), 0),
        (GOOD, ("--max", "memory.training=1664"), 0),
        (GOOD, ("--max", "memory.training=1664", "--optimizer", "adam"), 1),
        (FAILS, ("--input", "3x9x9"), 0),
    ],
)
def test_exit_codes(text: str, options: tuple[str, ...], code: int, cnncalc: Run) -> None:
    write(text)
    done = cnncalc("check", *options)
    assert (done.code, done.err) == (code, "")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "nothing to check in .: found no YAML file that starts with `cnncalc:`"),
        (("nothing",), "nothing: no such file or bundled spec"),
        (("*.yaml",), "*.yaml: no file matches"),
        (("",), "expected a path, found an empty one; perhaps a shell variable is not set"),
        (("lenet5", "--select", "bias"), "--select: unknown rule 'bias'"),
        (("lenet5", "--ignore", "budgets"), "--ignore: unknown rule 'budgets'; did you mean 'budget'?"),
        (("lenet5", "--ignore", "groups"), "--ignore: unknown rule 'groups'"),
        (("lenet5", "--max", "params"), "--max: expected QUANTITY=VALUE"),
        (("lenet5", "--expect", "none.yaml"), "none.yaml"),
        (
            ("lenet5", "--output", "net.yaml"),
            "expected a file that ends in .txt, .json, .md, .markdown, .sarif or .xml",
        ),
        (("lenet5", "--max", "params:conv1=5"), "write the layer first: --max conv1:params=5"),
        (
            ("lenet5", "--max", "covn1:params=5"),
            "there is no layer 'covn1' in any of the specs; did you mean 'conv1'?",
        ),
        (("lenet5", "--max", "parms=5"), "unknown quantity 'parms'; did you mean 'params'?"),
        (("lenet5", "--output", "no/where.json"), "no/where.json cannot be written"),
        (("lenet5", "--set", "width"), "--set: expected KEY=VALUE"),
        (("lenet5", "--stdin-filename", "a.yaml"), "--stdin-filename requires - for stdin"),
        (("lenet5", "--jobs", "0"), "--jobs"),
        (("lenet5", "--format", "xml"), "xml"),
    ],
)
def test_a_wrong_call_is_2_with_a_message(arguments: tuple[str, ...], said: str, cnncalc: Run) -> None:
    done = cnncalc("check", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_an_unreadable_file_is_2_and_does_not_stop_the_others(cnncalc: Run) -> None:
    write(FAILS)
    Path("gone.yaml").symlink_to("nowhere")
    done = cnncalc("check", "--exit-zero")
    assert (done.code, done.err) == (2, "")
    assert done.out.count("error[unreadable]") == 1
    assert "error[expectation]" in done.out


def test_an_unknown_variable_is_2(cnncalc: Run) -> None:
    write(GOOD)
    done = cnncalc("check", "--set", "width=3")
    assert done.code == 2
    assert "error[unknown-variable]: --set: there is no variable 'width'" in done.out


def test_a_malformed_configuration_is_2_with_its_place(cnncalc: Run) -> None:
    write(GOOD)
    write("[[budgets]]\nparams = { max = '5M', wran = 4 }\n", "cnncalc.toml")
    done = cnncalc("check")
    assert (done.code, done.out) == (2, "")
    assert "--> cnncalc.toml:2:24" in done.err
    assert "did you mean 'warn'?" in done.err


def test_only_foreign_files_are_an_error_except_for_hooks(cnncalc: Run) -> None:
    write("services: {}\n", "compose.yaml")
    done = cnncalc("check")
    assert (done.code, done.out) == (2, "")
    assert "1 other file skipped (-v lists them)" in done.err
    assert "compose.yaml: not a spec" in cnncalc("check", "-v").err
    assert cnncalc("check", "compose.yaml").code == 1
    done = cnncalc("check", "--skip-foreign", "compose.yaml")
    assert (done.code, done.out) == (0, "0 specs checked: no problems\n")


def test_an_internal_error_is_3_and_names_the_spec(cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    write(GOOD)
    monkeypatch.setattr("cnncalc.checks.single.analyze", fail)
    for jobs in ("1", "2"):
        write(GOOD, "other.yaml")
        done = cnncalc("check", "--jobs", jobs)
        assert done.code == 3
        assert "internal error: RuntimeError: broken on purpose (test_check.py:" in done.out
        assert " --> net.yaml\n" in done.out
        assert " --> other.yaml\n" in done.out


def test_standard_input_has_the_given_name(cnncalc: Run) -> None:
    assert "--> <stdin>:6:18" in cnncalc("check", "-", stdin=FAILS.encode()).out
    Path("nets").mkdir()
    write("[[budgets]]\nmatch = 'nets/*.yaml'\nmacs = 3\n", "cnncalc.toml")
    done = cnncalc("check", "--stdin-filename", "nets/new.yaml", "-", stdin=FAILS.encode())
    assert done.code == 1
    assert "--> nets/new.yaml:6:18" in done.out
    assert "macs of the network: 3,888 is over the limit of 3" in done.out


def test_only_the_first_findings_are_printed(cnncalc: Run) -> None:
    write(GOOD + "  - {conv: 4, kernel: 1}\n" * 99)
    done = cnncalc("check", "--select", "no-activation")
    assert done.out.count("warning[no-activation]") == 50
    assert "… and 49 more in net.yaml\n1 spec checked: 99 warnings\n" in done.out


def test_quiet_prints_only_failures(cnncalc: Run) -> None:
    write(WARNS)
    assert cnncalc("check", "-q").out == ""
    assert cnncalc("check", "-q", "--strict").out.startswith("warning[bias-before-norm]")
    write(FAILS.replace("kernel: 3", "kernel: 3, norm: batch"))
    assert "bias-before-norm" not in cnncalc("check", "-q").out


def test_verbose_prints_notes_and_skipped_files(cnncalc: Run) -> None:
    write(GOOD.replace("kernel: 3", "kernel: 3, stride: 2"))
    write("services: {}\n", "compose.yaml")
    assert cnncalc("check").out == "1 spec checked: no problems\n"
    out = cnncalc("check", "-v").out
    assert "note[does-not-fit]" in out
    assert "skipped compose.yaml: not a spec (does not start with `cnncalc:`)\n" in out


def test_show_passed_lists_specs_that_pass(cnncalc: Run) -> None:
    write(GOOD + "expect: {params: 112}\nbudget: {macs: 4K}\n")
    assert cnncalc("check", "--show-passed").out == (
        "passes net.yaml: net, 1 expected value matches, 1 budget met\n"
        "1 spec checked: 1 expected value matches, 1 budget met\n"
    )
    assert "       macs of the network: 3,888\n" in cnncalc("check", "--show-passed", "-v").out


def test_github_format_is_the_default_in_github_jobs(cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(FAILS)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert cnncalc("check").out.startswith("::error file=net.yaml,line=6,col=18,")
    assert cnncalc("check", "--format", "text").out.startswith("error[expectation]")
    monkeypatch.setenv("GITHUB_ACTIONS", "false")
    assert cnncalc("check").out.startswith("error[expectation]")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("a.json", "{"),
        ("a.sarif", '{\n  "$schema"'),
        ("a.xml", "<?xml"),
        ("a.md", "### ❌"),
        ("a.txt", "error[expectation]"),
    ],
)
def test_the_file_extension_determines_the_format(name: str, begins: str, cnncalc: Run) -> None:
    write(FAILS)
    done = cnncalc("check", "--output", name)
    assert (done.code, done.out, done.err) == (1, "", "")
    assert Path(name).read_text(encoding="utf-8").startswith(begins)


def test_the_bundled_specs_pass_all_default_rules(cnncalc: Run) -> None:
    done = cnncalc("check", "--strict", "--format", "json", str(Path(terminal.__file__).parents[2] / "specs"))
    found = json.loads(done.out)
    assert (done.code, found["counts"]["note"]) == (0, 0)
    assert sum(file["expected"]["checked"] for file in found["files"]) > 1000
    assert all(file["expected"]["checked"] for file in found["files"])


def test_no_bar_in_a_pipe(cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    write(GOOD)
    monkeypatch.setattr(terminal, "PATIENCE", 0.0)
    assert cnncalc("check").err == ""


def test_check_imports_no_numpy_and_no_executor() -> None:
    code = "import sys; sys.argv = ['cnncalc', 'check', 'lenet5']\nfrom cnncalc.cli import main\n"
    loaded = modules_after(f"{code}try: main()\nexcept SystemExit: pass")
    assert not loaded & {"numpy", "pydantic", "hypothesis", "jsonschema"}
