"""Exit codes: 0 success, 1 invalid or failed check, 2 usage or unreadable, 3 bug in cnncalc."""

from pathlib import Path

import pytest

from cnncalc import __version__
from tests.cli.conftest import Run

HEAD = "cnncalc: 1\ninput: [3, 8, 8]\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(HEAD + "layers: [{conv: 4, kernel: 3}]\n", encoding="utf-8")
    return path


def test_a_good_spec_is_0(spec: Path, cnncalc: Run) -> None:
    done = cnncalc(str(spec))
    assert (done.code, done.err) == (0, "")


def test_an_invalid_spec_is_1_and_nothing_is_printed_for_it(spec: Path, cnncalc: Run) -> None:
    spec.write_text(HEAD + "layers: [{conv: 4, kernel: 9}]\n", encoding="utf-8")
    done = cnncalc(str(spec))
    assert (done.code, done.out) == (1, "")
    assert "kernel-too-large" in done.err


def test_a_failed_expectation_is_1_and_the_table_is_printed(spec: Path, cnncalc: Run) -> None:
    spec.write_text(HEAD + "layers: [{conv: 4, kernel: 3}]\nexpect: {params: 100}\n", encoding="utf-8")
    done = cnncalc(str(spec))
    assert done.code == 1
    assert "expected values: 0 of 1 match" in done.out
    assert "params of the network: expected 100, found 112" in done.err


def test_a_budget_that_is_exceeded_is_1_and_a_warning_level_is_0(spec: Path, cnncalc: Run) -> None:
    spec.write_text(HEAD + "layers: [{conv: 4, kernel: 3}]\nbudget: {params: 100}\n", encoding="utf-8")
    assert cnncalc(str(spec)).code == 1
    spec.write_text(
        HEAD + "layers: [{conv: 4, kernel: 3}]\nbudget: {params: {warn: 100}}\n", encoding="utf-8"
    )
    done = cnncalc(str(spec))
    assert done.code == 0
    assert "warning[budget]" in done.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no_such_network",), "unknown command or spec 'no_such_network'"),
        (("show", "no_such_network"), "no such file or bundled spec"),
        (("resnet5O",), "did you mean 'resnet50'?"),
        (("{folder}",), "pass a file; only `cnncalc check` takes directories"),
        (("lenet5", "--columns", "name,parms"), "there is no column 'parms'; did you mean 'params'?"),
        (("lenet5", "--columns", ","), "--columns: expected name, "),
        (("lenet5", "--set", "classes"), "--set: expected KEY=VALUE"),
        (("lenet5", "--format", "xml"), "xml"),
        (("lenet5", "--depth", "0"), "--depth"),
        (("lenet5", "--batch", "0"), "--batch"),
        (("lenet5", "--output", "{folder}/none/x.json"), "cannot be written"),
        (("lenet5", "--wrong"), "--wrong"),
        (("show",), "SPEC"),
    ],
)
def test_wrong_usage_is_2_with_the_reason(
    arguments: tuple[str, ...], said: str, cnncalc: Run, tmp_path: Path
) -> None:
    done = cnncalc(*(argument.format(folder=tmp_path) for argument in arguments))
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\x89PNG\r\n\x00\x1a", "binary"),
        (b"\xff\xfec\x00n\x00", "UTF-16"),
        (b"cnncalc: 1\nname: caf\xe9\n", "byte 21 is not UTF-8"),
        (b"# " + b"x" * 50_000_000, "larger than 8 MB"),
    ],
)
def test_a_binary_or_too_large_file_is_2(data: bytes, said: str, cnncalc: Run, tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(data)
    done = cnncalc(str(path))
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_an_unknown_variable_is_reported(cnncalc: Run) -> None:
    done = cnncalc("resnet50", "--set", "clases=10")
    assert done.code == 2
    assert "there is no variable 'clases'" in done.err
    assert "did you mean 'classes'?" in done.err


def test_an_invalid_input_shape_is_reported(cnncalc: Run) -> None:
    for text in ("abc", "3x0x3", "3x3x3x3x3", "-3x4x4"):
        done = cnncalc("lenet5", f"--input={text}")
        assert done.code == 2
        assert f"--input: '{text}' is not a shape" in done.err


def test_one_bad_spec_does_not_stop_the_others(spec: Path, cnncalc: Run) -> None:
    done = cnncalc("lenet5", "nothing_of_the_sort", str(spec))
    assert done.code == 2
    assert "LeNet-5" in done.out
    assert "net" in done.out


def test_an_internal_error_is_3_without_a_traceback(cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("cnncalc.analysis.analyze", fail)
    done = cnncalc("lenet5")
    assert done.code == 3
    assert "internal error: RuntimeError: broken on purpose" in done.err
    assert "Traceback" not in done.err
    with pytest.raises(RuntimeError, match="broken on purpose"):
        cnncalc("lenet5", "--debug")


def test_the_version(cnncalc: Run) -> None:
    assert cnncalc("--version").out == f"cnncalc {__version__}\n"


def test_help_names_every_command_and_option(cnncalc: Run) -> None:
    done = cnncalc("--help")
    assert done.code == 0
    assert "show" in done.out
    assert "specs" in done.out
    options = cnncalc("show", "--help").out
    for option in ("--format", "--output", "--columns", "--depth", "--set", "--input", "--batch", "--layout"):
        assert option in options


@pytest.mark.parametrize("name", ["net.yaml", "other.yml"])
def test_a_spec_is_never_overwritten(name: str, tmp_path: Path, cnncalc: Run) -> None:
    path = tmp_path / name
    path.write_text(HEAD + "layers: [relu]\n", encoding="utf-8")
    before = path.read_bytes()
    done = cnncalc(str(path), "--output", str(path))
    assert done.code == 2
    assert (
        "may be a spec: expected a file that ends in .txt, .json, .csv, .md, .markdown, .tex or .html"
        in done.err
    )
    assert path.read_bytes() == before


def test_many_problems_are_counted_and_not_all_printed(spec: Path, cnncalc: Run) -> None:
    spec.write_text(HEAD + "layers:\n" + "  - {conv: 4, kernal: 3}\n" * 500, encoding="utf-8")
    done = cnncalc(str(spec))
    assert done.code == 1
    assert "… and 50 more" in done.err
    assert "stopped after 100 errors" in done.err
    assert done.err.count("kernal") < 200


def test_an_impossible_file_name_is_2(cnncalc: Run) -> None:
    assert cnncalc("x" * 300).code == 2


def test_a_long_table_has_a_line_per_layer(spec: Path, cnncalc: Run) -> None:
    spec.write_text(HEAD + "layers: [{conv: 3, kernel: 1, repeat: 3000, name: c}]\n", encoding="utf-8")
    done = cnncalc(str(spec))
    assert done.out.count("\nc.") == 3000
    assert f"{3000 * 12:,}" in done.out


def test_lack_of_memory_is_2(spec: Path, cnncalc: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(*_: object, **__: object) -> None:
        raise MemoryError("Unable to allocate 4.00 MiB")

    monkeypatch.setattr("cnncalc.executor.verify.verify", exhausted)
    assert cnncalc("verify", str(spec)) == (2, "", "cnncalc: not enough memory\n")


READ_AND_WRITTEN = {
    "diff net.yaml other.yaml -o net.yaml": "net.yaml",
    "diff net.yaml other.yaml -o ./other.yaml": "other.yaml",
    "grade net.yaml answers.csv -o answers.csv": "answers.csv",
    "grade net.yaml answers.csv -o net.yaml": "net.yaml",
    "worksheet net.yaml --blank params -o net.yaml": "net.yaml",
}


@pytest.mark.parametrize("call", READ_AND_WRITTEN)
def test_no_input_is_overwritten(
    call: str, spec: Path, cnncalc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(spec.parent)
    Path("other.yaml").write_bytes(spec.read_bytes())
    Path("answers.csv").write_text("question,answer\ntotal.params,112\n", encoding="utf-8")
    before = {path: path.read_bytes() for path in spec.parent.iterdir()}
    done = cnncalc(*call.split())
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"cnncalc: --output {READ_AND_WRITTEN[call]} ")
    assert {path: path.read_bytes() for path in spec.parent.iterdir()} == before


def test_bars_of_a_figure_without_bars_are_2(spec: Path, cnncalc: Run) -> None:
    done = cnncalc("draw", str(spec), "--style", "volumes", "--bar", "macs")
    assert (done.code, done.out) == (2, "")
    assert done.err == "cnncalc: --bar belongs to --style graph: omit it, or omit --style volumes\n"
