"""`cnncalc compare`: rows for each value of a variable, another input, columns and formats."""

import csv
import io
import json

import pytest

from tests.cli.conftest import Run


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_gives_a_row_for_each_value(cnncalc: Run) -> None:
    """The parameters of torchvision's mobilenet_v2 at each width."""
    done = cnncalc("compare", "mobilenet_v2", "--set", "width=0.5,1,1.4", "--format", "csv")
    assert (done.code, done.err) == (0, "")
    found = rows(done.out)
    assert [each["name"] for each in found] == [f"MobileNetV2 (width={n})" for n in ("0.5", "1", "1.4")]
    assert [each["params"] for each in found] == ["1968680", "3504872", "6108776"]


def test_lists_are_combined_for_each_spec(cnncalc: Run) -> None:
    done = cnncalc("compare", "resnet18", "resnet34", "--set", "classes=10,1000", "--format", "json")
    found = json.loads(done.out)["networks"]
    assert [(each["spec"], each["set"]) for each in found] == [
        (spec, {"classes": n}) for spec in ("resnet18", "resnet34") for n in ("10", "1000")
    ]
    assert [each["params"] for each in found] == [11_181_642, 11_689_512, 21_289_802, 21_797_672]


def test_another_input(cnncalc: Run) -> None:
    done = cnncalc(
        "compare", "resnet18", "--input", "3x448x448", "--columns", "macs,input", "--format", "csv"
    )
    assert done.out == f"macs,input\n{4 * (1_814_073_344 - 512_000) + 512_000},3x448x448\n"


def test_columns_sort_and_output(cnncalc: Run, tmp_path: object) -> None:
    call = ("compare", "vgg11", "resnet18", "--columns", "params,name", "--sort", "params")
    assert [line.split()[0] for line in cnncalc(*call).out.splitlines()[2:]] == ["11,689,512", "132,863,336"]
    path = f"{tmp_path}/table.csv"
    done = cnncalc(*call, "-o", path)
    assert (done.code, done.out) == (0, "")
    with open(path, encoding="utf-8") as file:
        assert [each["params"] for each in rows(file.read())] == ["11689512", "132863336"]


def test_a_list_in_brackets_is_one_value(cnncalc: Run, tmp_path: object) -> None:
    net = "cnncalc: 1\nname: n\ninput: [3, 32, 32]\nvars: {k: [1, 3]}\nlayers:\n  - {conv: 4, kernel: k}\n"
    with open(f"{tmp_path}/net.yaml", "w", encoding="utf-8") as file:
        file.write(net)
    done = cnncalc("compare", f"{tmp_path}/net.yaml", "--set", "k=[1,3], [5, 5],7", "--format", "csv")
    assert [each["params"] for each in rows(done.out)] == ["40", "304", "592"]


def test_an_error_of_every_row_is_reported_once(cnncalc: Run) -> None:
    done = cnncalc("compare", "alexnet", "mobilenet_v2", "--set", "width=0.5,1", "--columns", "params")
    assert done.code == 2
    assert done.err.count("there is no variable 'width'") == 1
    assert "1,968,680" in done.out
    assert "3,504,872" in done.out


def test_latex_has_the_chosen_columns(cnncalc: Run) -> None:
    done = cnncalc(
        "compare", "mobilenet_v2", "--set", "width=0.5,1", "--columns", "name,params", "--format", "latex"
    )
    assert "1,968,680" in done.out
    assert "MobileNetV2 (width=0.5)" in done.out
    assert "FLOPs" not in done.out


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--set", "width"), 2, "expected KEY=VALUE"),
        (("--set", "width=0.5,,1"), 2, "found 'width=0.5,,1'"),
        (("--set", "widht=0.5,1"), 2, "did you mean 'width'"),
        (("--columns", "parms"), 2, "did you mean 'params'"),
        (("--columns", ""), 2, "unknown column ''"),
        (("--sort", "weight"), 2, "--sort: unknown column 'weight'"),
        (("--columns", "params", "--expected"), 2, "--expected has its own columns"),
        (("--input", "3x2x2", "--input", "3x4x4"), 2, "two shapes for one input"),
        (("--set", "classes=" + ",".join(map(str, range(1, 1002)))), 2, "at most 1,000 combinations"),
    ],
)
def test_wrong_usage(options: tuple[str, ...], code: int, message: str, cnncalc: Run) -> None:
    done = cnncalc("compare", "mobilenet_v2", *options)
    assert (done.code, done.out) == (code, "")
    assert message in done.err
