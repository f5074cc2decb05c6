"""`cnncalc explain`, `calc` and `solve`: output and exit codes."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import GoldenCheck
from tests.test_rooms import modules_after

GOLDEN = Path(__file__).parent / "golden"
CONV1 = ("227x227x3", "conv: 96, kernel: 11, stride: 4")

CALLS: dict[str, tuple[str, ...]] = {
    "explain_core.txt": ("explain", "alexnet", "conv1"),
    "explain_alexnet_conv1.txt": ("explain", "alexnet", "conv1", "--all"),
    "explain_alexnet_conv1_cs231n.txt": (
        "explain", "alexnet", "conv1", "--notation", "cs231n", "--of", "output,params,padded",
    ),
    "explain_lenet5.txt": ("explain", "lenet5", "--all"),
    "explain_lenet5.md": ("explain", "lenet5", "conv2", "--all", "--format", "markdown", "--notation", "ng"),
    "explain_lenet5.tex": (
        "explain", "lenet5", "conv2", "fc1", "--all", "--format", "latex", "--notation", "uio",
    ),
    "explain_lenet5.json": ("explain", "lenet5", "conv2", "--format", "json", "--of", "output,params,fit"),
    "explain_unet_dec4.txt": ("explain", "unet", "dec4", "--of", "receptive_field,output"),
    "explain_block.txt": ("explain", "resnet50", "stage2.1", "--all"),
    "explain_no_fit.txt": ("calc", "7x7x1", "conv: 1, kernel: 3, stride: 3", "--of", "output,fit"),
    "explain_filter.txt": ("calc", "6x6x3", "conv: 4, kernel: 2, padding: 1", "--of",
                           "output,padded,weights_per_neuron,im2col", "--notation", "uio"),
    "calc.txt": ("calc", *CONV1, "maxpool: 3, stride: 2"),
    "calc.json": ("calc", *CONV1, "--json"),
    "calc.csv": ("calc", *CONV1, "relu", "--format", "csv", "--columns", "name,output,params"),
    "calc.md": ("calc", "(None, 28, 28, 1)", "conv: 8, kernel: 3", "flatten", "--format", "markdown"),
    "calc_input.txt": ("calc", "28x28x256", "--all"),
    "solve.txt": ("solve", "conv: ?, kernel: ?, stride: 2", "--input", "7x7x1", "--output", "3x3x8"),
    "solve.json": ("solve", "conv: 8, kernel: ?", "--input", "7x7x1", "--output", "3x3", "--format", "json"),
    "solve_repeat.txt": ("solve", "conv: 1, kernel: 3, repeat: ?", "--receptive-field", "11"),
    "solve_params.txt": ("solve", "conv: 16, kernel: ?", "flatten", "dense: ?", "--input", "8x8x3",
                         "--params", "1.2K", "--most", "2"),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_what_is_printed(name: str, cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc(*CALLS[name])
    assert (done.code, done.err) == (0, "")
    golden(GOLDEN / name, done.out)


def test_no_solution_is_1_with_the_reason(cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc("solve", "conv: 8, kernel: 4, padding: ?", "--input", "32x32x3", "--output", "same")
    assert (done.code, done.err) == (1, "")
    golden(GOLDEN / "solve_none.txt", done.out)


def test_errors_point_into_the_arguments(cnncalc: Run, golden: GoldenCheck) -> None:
    done = cnncalc("calc", "8x8x3", "conv: 96, kernal: 11", "maxpool: 2, stride: 0", "relu6x", "{dense: 10}")
    assert (done.code, done.out) == (1, "")
    golden(GOLDEN / "calc_mistakes.txt", done.err)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("explain", "lenet5", "conv9"), 2, "there is no layer 'conv9'; did you mean 'conv3'?"),
        (("explain", "lenet5", "conv1", "--of", "parms"), 2, "did you mean 'params'?"),
        (("explain", "lenet5", "relu9", "conv1"), 2, "there is no layer 'relu9'"),
        (("explain", "no_such"), 2, "no such file"),
        (("explain", "lenet5", "--notation", "mine"), 2, "mine"),
        (("explain", "lenet5", "--batch", "0"), 2, "--batch"),
        (("calc", "8x8x3", "relu", "--format", "latex"), 2, "--format latex requires --explain"),
        (("calc", "8x8x3", "relu", "--explain", "--columns", "name"), 2, "--of chooses quantities"),
        (("calc", "8x8x3", "relu", "--columns", "nam"), 2, "there is no column 'nam'"),
        (("calc", "8xax3", "relu"), 1, "found 'a'"),
        (("calc",), 2, "INPUT"),
        (("solve", "conv: 8, kernel: 3", "--output", "3x3"), 2, "nothing to solve for"),
        (("solve", "conv: ?, kernel: 3"), 2, "missing target"),
        (("solve", "conv: ?, kernal: 3", "--params", "9"), 1, "did you mean 'kernel'?"),
        (("solve", "conv: ?, kernel: 3", "--params", "many"), 2, "found 'many'"),
        (("solve", "conv: ?, kernel: 3", "--input", "axb", "--params", "9"), 1, "found 'a'"),
        (("solve", "conv: ?, kernel: 3", "--input", "ax?x3", "--params", "9"), 2, "found 'a'"),
    ],
)
def test_wrong_usage_gives_the_reason(arguments: tuple[str, ...], code: int, said: str, cnncalc: Run) -> None:
    done = cnncalc(*arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("format", ["text", "markdown", "latex", "json"])
def test_every_format_explains_a_network(format: str, cnncalc: Run) -> None:
    done = cnncalc("explain", "googlenet", "--format", format)
    assert (done.code, done.err) == (0, "")
    assert "inc3a.concat" in done.out
    if format == "json":
        data = json.loads(done.out)
        assert data["quantities"]["params"]["value"] == sum(
            layer["quantities"]["params"]["value"] for layer in data["layers"]
        )


def test_several_layers_are_a_list_in_json(cnncalc: Run) -> None:
    data = json.loads(cnncalc("explain", "lenet5", "conv1", "fc1", "--format", "json").out)
    assert [each["name"] for each in data] == ["conv1", "fc1"]
    assert [each["quantities"]["params"]["value"] for each in data] == [156, 10164]


def test_nothing_heavy_is_imported() -> None:
    for words in (["calc", "8x8x3", "relu"], ["explain", "lenet5", "conv1"]):
        call = f"import sys; sys.argv = {['cnncalc', *words]}\n"
        run = "from cnncalc.cli import main\ntry: main()\nexcept SystemExit: pass"
        assert not modules_after(call + run) & {"numpy", "torch", "pydantic"}
