"""`export`: the file, and what is refused; nothing is written then."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_the_source_goes_to_a_file(cnncalc: Run, folder: Path) -> None:
    printed = cnncalc("export", "tiny.yaml", "--to", "pytorch")
    assert printed.out.startswith('"""Tiny in PyTorch')
    assert cnncalc("export", "tiny.yaml", "-o", "net.py") == (0, "", "")
    assert Path("net.py").read_text(encoding="utf-8") == printed.out


def test_variables_and_inputs_are_those_of_the_call(cnncalc: Run, folder: Path) -> None:
    done = cnncalc("export", "resnet18", "--set", "classes=7", "--input", "3x64x64")
    assert "self.fc = nn.Linear(512, 7)" in done.out
    assert "input 3×64×64" in done.out


LACKING = """cnncalc: 1
input: [4, 8, 8]
layers:
  - {custom: [4, 8, 8], params: 0, macs: 10, name: other}
"""


def test_a_layer_that_pytorch_lacks_is_reported_and_nothing_is_written(cnncalc: Run, folder: Path) -> None:
    Path("net.yaml").write_text(LACKING)
    done = cnncalc("export", "net.yaml", "-o", "net.py")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error[not-exported]: other (custom) cannot be written in PyTorch: "
        "the spec declares its numbers, not what it computes\n"
        " --> net.yaml:4:6\n"
        " 4 |   - {custom: [4, 8, 8], params: 0, macs: 10, name: other}\n"
        "   |      ^^^^^^\n"
    )
    assert not Path("net.py").exists()


REFUSED = {
    "-o tiny.yaml": "--output tiny.yaml may be a spec: expected a file that ends in .py",
    "-o net.txt": "--output net.txt: expected a file that ends in .py, or --format",
    "-o none/net.py": "none/net.py",
    "--to keras": "--to",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_be_written_is_an_error(options: str, cnncalc: Run, folder: Path) -> None:
    done = cnncalc("export", "tiny.yaml", *options.split())
    assert (done.code, done.out) == (2, "")
    assert REFUSED[options] in done.err
    assert "Traceback" not in done.err
