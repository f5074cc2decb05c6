"""`cnncalc diff`: output, exit codes, and specs in git revisions."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, git, without_git
from tests.conftest import GoldenCheck

GOLDEN = Path(__file__).parent / "golden" / "diff"
NETWORK = """\
cnncalc: 1
name: net
input: [3, 32, 32]
vars: {width: 8}
blocks:
  unit: {params: [out], layers: [{conv: out, kernel: 3, padding: same, norm: batch, act: relu}]}
layers:
  - {use: unit, out: width}
  - {use: unit, out: width}
  - {maxpool: 2, name: halves}
  - {conv: 16, kernel: 3}
  - global_avgpool
  - {dense: 10}
"""

CALLS = {
    "resnet101.txt": ("resnet50", "resnet101"),
    "resnet101.md": ("resnet50", "resnet101", "--format", "markdown", "--max-increase", "macs=100%"),
    "vgg19.json": ("vgg16", "vgg19", "--format", "json"),
    "squeezenet.txt": ("squeezenet1_0", "squeezenet1_1"),
    "grouped.txt": ("alexnet", "alexnet_grouped", "-v"),
    "width.txt": ("mobilenet_v2", "--set", "width=0.5"),
    "input.txt": ("lenet5", "--input", "1x64x64"),
    "same.txt": ("lenet5", "lenet5"),
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc("diff", *CALLS[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


@pytest.fixture
def net(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NETWORK, encoding="utf-8")
    return path


SAME = "are the same network: 10 layers, 2,178 parameters, 1,036,960 MACs"  # added up by hand


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "", ""),
        ("cnncalc: 1", "# a comment\ncnncalc: 1\nsource: here", ""),
        ("width", "channels", ""),
        ("kernel: 3,", "kernel: [3, 3],", ""),
        ("{maxpool: 2,", "{MaxPool2d: 2, stride: 2,", ""),
        ("name: halves", "name: half", "renamed: halves → half  (1 layer)\n"),
        (
            "  - {use: unit, out: width}\n  - {use: unit, out: width}\n",
            "  - {use: unit, out: width, repeat: 2, name: units}\n",
            "renamed: unit1 → units.0, unit2 → units.1  (6 layers)\n",
        ),
        (
            "  - {use: unit, out: width}\n",
            "  - {conv: 8, kernel: 3, padding: same, norm: batch, act: relu}\n",
            "renamed: unit1.conv1 → conv1, unit2.conv1 → conv2  (6 layers)\n"
            "renumbered: conv1 → conv3  (1 layer)\n",
        ),
    ],
)
def test_another_notation_is_the_same_network(old: str, new: str, said: str, net: Path, cnncalc: Run) -> None:
    other = net.with_name("other.yaml")
    other.write_text(NETWORK.replace(old, new), encoding="utf-8")
    done = cnncalc("diff", str(net), str(other), "--exit-code")
    assert (done.code, done.err) == (0, "")
    assert done.out == f"net ({net}) and net ({other}) {SAME}\n{said}"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("name: halves", "name: halves, stride: 1", "~  halves  maxpool: stride 2 → 1"),
        ("{maxpool: 2, name: halves}", "{avgpool: 2, name: halves}", "~  halves  maxpool → avgpool"),
        ("{dense: 10}", "{dense: 12}", "~  dense1  dense: units 10 → 12"),
        ("{dense: 10}", "{dense: 10, freeze: true}", "~  dense1  dense: frozen false → true"),
        ("  - {dense: 10}\n", "  - {dropout: 0.1}\n  - {dense: 10}\n", "+  dropout1  dropout 0.1"),
        ("  - global_avgpool\n", "  - {global_avgpool: , from: halves}\n", "reads conv1.act"),
        ("  - {conv: 16, kernel: 3}\n", "", "−  conv1  conv 16, kernel 3"),
    ],
)
def test_every_change_is_reported(old: str, new: str, line: str, net: Path, cnncalc: Run) -> None:
    other = net.with_name("other.yaml")
    assert old in NETWORK
    other.write_text(NETWORK.replace(old, new), encoding="utf-8")
    done = cnncalc("diff", str(net), str(other))
    assert done.code == 0
    shown = [" ".join(each.split()) for each in done.out.splitlines()]
    if line == "reads conv1.act":
        line = "reads conv1 → halves"
    assert [each for each in shown if " ".join(line.split()) in each], done.out
    assert cnncalc("diff", str(net), str(other), "--exit-code").code == 1


def test_shared_weights_are_a_change(net: Path, cnncalc: Run) -> None:
    layers = "layers: [{conv: 3, kernel: 1, name: a}, {conv: 3, kernel: 1, name: b}]\n"
    head = NETWORK.partition("vars")[0]
    net.write_text(head + layers, encoding="utf-8")
    done = cnncalc(
        "diff", str(net), "-", stdin=(head + layers.replace("name: b", "name: b, share: a")).encode()
    )
    line = next(line.split() for line in done.out.splitlines() if line.startswith("~"))
    assert line[:8] == ["~", "b", "conv:", "shares", "nothing", "→", "a", "3×32×32"]
    assert line[8] == "−12"


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        ("macs=5%", "macs grows by 3,712,221,184 (+90.8%), from 4,089,184,256 to 7,801,405,440; at most 5%"),
        ("params=10M", "params grows by 18,992,128 (+74.3%), from 25,557,032 to 44,549,160; at most 10M"),
        ("memory.training=1MB", "memory.training grows by 193,"),
        ("layers=169", "layers grows by 170 (+97.7%), from 174 to 344; at most 169 is allowed"),
        ("macs=90.7%", "at most 90.7% is allowed"),
        ("macs=90.8%", ""),
        ("params=18992128", ""),
        ("params=18992127", "at most 18992127 is allowed"),
        ("memory=0", ""),
        ("memory.training=180MiB", "at most 180MiB is allowed"),
        ("depth=50", "depth grows by 51 (+102.0%), from 50 to 101; at most 50 is allowed"),
    ],
)
def test_an_increase_that_is_not_allowed_is_1(allowed: str, said: str, cnncalc: Run) -> None:
    done = cnncalc("diff", "resnet50", "resnet101", "--max-increase", allowed)
    assert done.code == (1 if said else 0)
    assert done.out.startswith("ResNet-50 → ResNet-101\n")
    assert (said in done.err) if said else (done.err == "")


def test_several_limits_are_checked_together(cnncalc: Run) -> None:
    limits = ("--max-increase", "macs=5%", "--max-increase", "params=1K", "--max-increase", "memory=1%")
    done = cnncalc("diff", "resnet50", "resnet101", *limits)
    assert (done.code, done.err.count("error[budget]")) == (1, 2)
    data = json.loads(cnncalc("diff", "resnet50", "resnet101", *limits, "--format", "json").out)
    assert [each["holds"] for each in data["allowed"]] == [False, False, True]
    assert [each["code"] for each in data["findings"]] == ["budget", "budget"]
    posted = cnncalc("diff", "resnet50", "resnet101", *limits, "--format", "markdown").out
    assert posted.count("❌") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lenet5",), "expected two specs, or one with a change"),
        (("lenet5", "lenet5", "lenet5"), "expected two specs"),
        (("-", "-"), "only one of the two specs can be - (stdin)"),
        (("lenet5", "no_such"), "no such file or bundled spec"),
        (("lenet5", "--set", "width"), "--set: expected KEY=VALUE"),
        (("lenet5", "--set", "widht=3"), "there is no variable 'widht'"),
        (("lenet5", "lenet5", "--max-increase", "macs"), "expected QUANTITY=INCREASE such as macs=5%"),
        (
            ("lenet5", "lenet5", "--max-increase", "mcas=5%"),
            "unknown quantity 'mcas'; did you mean 'macs'?",
        ),
        (
            ("lenet5", "lenet5", "--max-increase", "macs=-5%"),
            "expected an increase of macs such as 5% or 100K, found '-5%'",
        ),
        (("lenet5", "lenet5", "--max-increase", "macs=lots"), "found 'lots'"),
    ],
)
def test_a_wrong_call_is_2_with_a_message(arguments: tuple[str, ...], said: str, cnncalc: Run) -> None:
    done = cnncalc("diff", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_one_side_may_come_from_standard_input(cnncalc: Run) -> None:
    done = cnncalc("diff", "-", "lenet5", stdin=NETWORK.encode())
    assert done.code == 0
    assert done.out.startswith("net → LeNet-5\n")


def test_an_invalid_side_is_1(net: Path, cnncalc: Run) -> None:
    net.write_text(NETWORK.replace("kernel", "kernal"), encoding="utf-8")
    done = cnncalc("diff", str(net), "lenet5")
    assert (done.code, done.out) == (1, "")
    assert "unknown option 'kernal' of conv" in done.err


def test_the_difference_can_go_to_a_file(net: Path, cnncalc: Run) -> None:
    for ending, begins in ((".md", "### VGG-16 → VGG-19\n"), (".json", "{"), (".txt", "VGG-16 → VGG-19\n")):
        written = net.with_name(f"difference{ending}")
        done = cnncalc("diff", "vgg16", "vgg19", "--output", str(written))
        assert (done.code, done.out) == (0, "")
        assert written.read_text(encoding="utf-8").startswith(begins)
    assert cnncalc("diff", "vgg16", "vgg19", "--output", str(written), "--format", "json").code == 0
    assert json.loads(written.read_text(encoding="utf-8"))


# Git revisions.


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two revisions of specs/net.yaml and a changed working tree."""
    without_git(monkeypatch)
    folder = tmp_path / "repository"
    (folder / "specs").mkdir(parents=True)
    spec = folder / "specs" / "net.yaml"
    git(folder, "init", "-q", "-b", "main")
    for text in (NETWORK, NETWORK.replace("width: 8", "width: 16")):
        spec.write_text(text, encoding="utf-8")
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", "a change")
    spec.write_text(NETWORK.replace("width: 8", "width: 24"), encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize(
    ("before", "after", "widths"),
    [
        ("HEAD~1:specs/net.yaml", "HEAD:specs/net.yaml", "filters 8 → 16"),
        ("main:specs/net.yaml", "specs/net.yaml", "filters 16 → 24"),
        ("HEAD~1:./specs/net.yaml", "specs/net.yaml", "filters 8 → 24"),
        ("{folder}/specs/net.yaml", "main:{folder}/specs/net.yaml", "filters 24 → 16"),
    ],
)
def test_a_file_is_compared_between_revisions(
    before: str, after: str, widths: str, repository: Path, cnncalc: Run
) -> None:
    before, after = (name.format(folder=repository) for name in (before, after))
    done = cnncalc("diff", before, after)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"net ({before}) → net ({after})\n")
    assert widths in done.out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "mian:specs/net.yaml",
            "there is no revision 'mian'\n --> mian:specs/net.yaml\n  did you mean 'main'?",
        ),
        ("HEAD~9:specs/net.yaml", "there is no revision 'HEAD~9'"),
        ("main:specs/other.yaml", "there is no file 'specs/other.yaml' in main"),
        (
            "main:net.yaml",
            "there is no file 'net.yaml' in main\n --> main:net.yaml\n  did you mean 'main:specs/net.yaml'?",
        ),
        ("main:specs", "expected a file, found a folder: 'specs' in main"),
        ("--output=/tmp/x:specs/net.yaml", "may be a spec: expected a file that ends in"),
        ("main:/no/such/folder/net.yaml", "there is no folder '/no/such/folder'"),
        ("main:../outside.yaml", "there is no file '../outside.yaml' in main"),
        ("main:a\nb.yaml", "there is no file"),
    ],
)
def test_a_missing_revision_or_file_is_2_with_a_message(
    name: str, said: str, repository: Path, cnncalc: Run
) -> None:
    done = cnncalc("diff", name, "lenet5")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert repository.is_dir()


def test_a_revision_is_never_passed_to_git_as_an_option(repository: Path, cnncalc: Run) -> None:
    done = cnncalc("diff", "--", "--batch:specs/net.yaml", "lenet5")
    assert done.code == 2
    assert "'--batch' is not a revision" in done.err


def test_the_hint_in_a_folder_below_the_top(
    repository: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run
) -> None:
    monkeypatch.chdir(repository / "specs")
    done = cnncalc("diff", "main:net.yaml", "net.yaml")
    assert done.code == 2
    assert "paths are relative to the top of the repository; use main:./net.yaml" in done.err
    assert cnncalc("diff", "main:./net.yaml", "net.yaml").code == 0


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    done = cnncalc("diff", "main:net.yaml", "lenet5")
    assert done.code == 2
    assert "no such file, and the current folder is not in a git repository" in done.err


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch, cnncalc: Run) -> None:
    monkeypatch.setenv("PATH", str(repository))
    done = cnncalc("diff", "main:specs/net.yaml", "lenet5")
    assert done.code == 2
    assert "cannot start git, which is required to read a revision" in done.err


def test_every_command_reads_revisions(repository: Path, cnncalc: Run) -> None:
    assert repository.is_dir()
    assert "2,178" in cnncalc("HEAD~1:specs/net.yaml").out
