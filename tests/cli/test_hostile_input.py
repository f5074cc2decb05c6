"""Input that nobody writes by accident: a clear message or a result, never a fault of cnncalc."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cnncalc.analysis import analyze
from cnncalc.checks.patterns import excludes, expanded, names
from tests.cli.conftest import Run

HEAD = "cnncalc: 1\ninput: [3, 32, 32]\nlayers:\n"


def write(path: str, text: str) -> None:
    Path(path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("command", ["show", "explain", "compare", "verify", "check", "diff net.yaml"])
def test_an_option_beyond_all_bounds_is_refused(command: str, folder: Path, cnncalc: Run) -> None:
    write("net.yaml", HEAD + "  - {conv: 8, kernel: 2**600, padding: same}\n")
    done = cnncalc(*command.split(), "net.yaml")
    assert "kernel of conv is larger than 1,000,000,000,000,000,000" in done.out + done.err
    assert done.code in (1, 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[budgets]]\nparams = " + "9" * 5001, "a number has too many digits"),
        ("x = " + "[" * 500 + "]" * 500, "its values are nested too deeply"),
        (".".join("a" * 3000) + " = 1", "a key has more than 100 parts"),
        ("# " + "x" * 1_000_001, "the file is longer than 1,000,000 characters"),
    ],
    ids=["digits", "nested", "dotted", "long"],
)
def test_a_configuration_has_bounds(text: str, said: str, folder: Path, cnncalc: Run) -> None:
    write("cnncalc.toml", text)
    done = cnncalc("check")
    assert said in done.err
    assert done.code == 2


def test_a_merge_of_one_branch_has_a_padding_column(folder: Path, cnncalc: Run) -> None:
    write("net.yaml", HEAD + "  - add: {main: [{conv: 64, kernel: 3, padding: same}]}\n")
    for depth in ("1", "2", "3"):
        assert cnncalc("show", "net.yaml", "--depth", depth, "--columns", "name,padding").code == 0


@pytest.mark.parametrize("format", ["text", "json", "csv", "markdown"])
def test_a_network_without_layers_counts_as_0_for_every_tool(format: str, folder: Path, cnncalc: Run) -> None:
    write(
        "net.yaml",
        "cnncalc: 1\ninput: [3, 8, 8]\nvars: {on: false}\nlayers: [{conv: 8, kernel: 3, when: on}]\n",
    )
    for tool in ("fvcore", "netscope", "calflops"):
        assert cnncalc("show", "net.yaml", "--count-as", tool, "--format", format).code == 0


@pytest.mark.parametrize(
    "command",
    ["show --json", "check --json", "check --format sarif", "check --format gitlab", "check --format junit",
     "verify --json", "compare --json", "explain --json", "show -o x.json", "show -o x.csv"],
)  # fmt: skip
def test_a_file_name_that_is_no_text_is_printed(command: str, folder: Path, cnncalc: Run) -> None:
    name = os.fsdecode(b"bad\xff.yaml")
    write(name, HEAD + "  - relu\n")
    name, *options = (command.split()[0], name, *command.split()[1:])
    assert cnncalc(name, *options).code == 0


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("calc 7 conv{}", "the arguments:2:5"),
        ("calc 7{} relu", "sizes must be whole numbers"),
        ("solve conv:?{} --input 8x8x1", "the arguments:2:7"),
        ("show net.yaml --set w=[1,{}", "--set: the value of 'w' is not valid UTF-8"),
        ("check net.yaml --set w={}", "--set: the value of 'w' is not valid UTF-8"),
        ("show net.yaml --set q={}", "--set: the value of 'q' is not valid UTF-8"),
        ("show net.yaml --set {}=1", "there is no variable"),
        ("check net.yaml --max {}:params=3", "there is no layer"),
    ],
)
def test_an_argument_that_is_no_text_is_named(call: str, said: str, folder: Path, cnncalc: Run) -> None:
    write("net.yaml", "cnncalc: 1\ninput: [3, 8, 8]\nvars: {w: 2}\nlayers: [{conv: w, kernel: 3}]\n")
    done = cnncalc(*(word.format(os.fsdecode(b"\xf0")) for word in call.split()))
    assert said in done.out + done.err
    assert done.code in (1, 2)


@pytest.mark.parametrize("terminal", ["dumb", "xterm"])
def test_no_escape_of_an_argument_is_printed(
    terminal: str, folder: Path, cnncalc: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", terminal)
    for call in ("check tiny.yaml --set", "check tiny.yaml --max", "show tiny.yaml --columns", "calc 7"):
        done = cnncalc(*call.split(), "\x1b[31m\x9b31m")
        assert done.code in (1, 2)
        assert not {"\x1b", "\x9b"} & set(done.out + done.err)


@pytest.fixture
def deep_folder(folder: Path) -> Iterator[int]:
    """A spec in 1,050 nested folders, which are removed one by one: shutil.rmtree is recursive."""
    depth = 1050
    for _ in range(depth):
        Path("d").mkdir()
        os.chdir("d")
    write("net.yaml", HEAD + "  - relu\n")
    os.chdir(folder)
    yield depth
    for _ in range(depth):
        os.chdir("d")
    Path("net.yaml").unlink()
    for _ in range(depth):
        os.chdir("..")
        Path("d").rmdir()


@pytest.mark.slow
def test_deep_folders_are_searched(deep_folder: int, cnncalc: Run) -> None:
    for path in ("d/**/*.yaml", "."):
        done = cnncalc("check", path, "--json")
        assert (done.code, done.err) == (0, "")
        assert any(each["path"].count("d/") == deep_folder for each in json.loads(done.out)["files"])


def test_links_to_a_folder_above_end_no_search(folder: Path, cnncalc: Run) -> None:
    for name in ("a", "b", "c"):
        Path(name).symlink_to(".")
    assert expanded("**/*.yaml") == ["tiny.yaml"]
    assert expanded("a/*.yaml") == ["a/tiny.yaml"]
    assert cnncalc("check", "**/*.yaml").code == 0


def test_patterns_of_many_stars_end() -> None:
    path = "/".join("a" * 1000)
    assert not names("**/a/" * 20 + "b", path)
    assert names("**/" * 20 + "*", path)
    assert not excludes(["**/a*a*a*a*a*a*a*a*b/" * 12], path)
    assert not names("*a" * 40 + "b/*", "a" * 200 + "/x")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.yaml", ["tiny.yaml"]),
        ("**", ["inner", "inner/deep", "inner/deep/net.yml", "inner/net.yaml", "tiny.yaml"]),
        ("**/*.y*ml", ["inner/deep/net.yml", "inner/net.yaml", "tiny.yaml"]),
        ("inner/**/net.*", ["inner/deep/net.yml", "inner/net.yaml"]),
        ("inner/../*.yaml", ["inner/../tiny.yaml"]),
        ("./inn?r/[m-o]et.yaml", ["inner/net.yaml"]),
        (".h*/*", [".hidden/net.yaml"]),
        ("nothing/*", []),
    ],
)
def test_a_pattern_finds_what_a_shell_finds(pattern: str, found: list[str], folder: Path) -> None:
    for path in ("inner/deep/net.yml", "inner/net.yaml", ".hidden/net.yaml"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()
    assert expanded(pattern) == found


def test_a_fraction_has_a_limit_of_bits(folder: Path, cnncalc: Run) -> None:
    lines = ["  a0: (1/3)**1000", *(f"  a{n + 1}: a{n} * a{n}" for n in range(16))]
    write("net.yaml", "cnncalc: 1\ninput: [3, 8, 8]\nvars:\n" + "\n".join(lines) + "\nlayers: [relu]\n")
    assert "the number has more than 2,048 bits" in cnncalc("show", "net.yaml").err


@pytest.mark.parametrize("number", ["9" * 30, "9" * 400, "nan", "inf"])
@pytest.mark.parametrize(
    "call",
    ["show tiny.yaml --batch", "explain tiny.yaml --batch", "verify tiny.yaml --batch", "check --batch",
     "show tiny.yaml --depth", "run tiny.yaml --seed", "solve conv:? --input 8x8x1 --params 9 --seconds"],
)  # fmt: skip
def test_a_number_of_the_command_line_has_a_bound(call: str, number: str, folder: Path, cnncalc: Run) -> None:
    done = cnncalc(*call.split(), number)
    assert done.code == 2
    assert call.split()[-1] in done.err
    assert "Invalid value" in done.err


@pytest.mark.parametrize("batch", [0, -1, 10**19, 10**400])
def test_a_batch_has_a_bound(batch: int) -> None:
    with pytest.raises(ValueError, match="batch must be"):
        analyze("lenet5", batch=batch)
