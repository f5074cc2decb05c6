"""The library at a Python prompt: names, one-line results, and everything that stands for a spec."""

from pathlib import Path

import numpy as np
import pytest

import cnncalc
from tests.cli.conftest import Run
from tests.cli.conftest import cnncalc as run_cnncalc  # noqa: F401 - the fixture

TEXT = "cnncalc: 1\ninput: [1, 4, 4]\nlayers:\n  - {conv: 2, kernel: 3}\n  - relu\n"
DICT = {"cnncalc": 1, "input": [1, 4, 4], "layers": [{"conv": 2, "kernel": 3}, "relu"]}


def test_dir_lists_the_public_names() -> None:
    assert dir(cnncalc) == sorted(cnncalc.__all__)
    assert all(getattr(cnncalc, name) for name in dir(cnncalc))


RESULTS = {
    "<Report LeNet-5: layers 12, parameters 61,706, MACs 416,520>": lambda: cnncalc.analyze("lenet5"),
    "<Spec LeNet-5: input 1×32×32, layers 12>": lambda: cnncalc.load("lenet5"),
    "<Difference LeNet-5 → LeNet-5: the same layers>": lambda: cnncalc.diff("lenet5", "lenet5"),
    "<Worksheet LeNet-5: 9 lines of output, params>": lambda: cnncalc.worksheet("lenet5"),
    "<Explained fc2 (dense): ": lambda: cnncalc.explain("lenet5", "fc2"),
    "<Verification LeNet-5: no differences in 184 numbers>": lambda: cnncalc.verify("lenet5"),
    "<Activations: output 1×10, kept 1>": lambda: cnncalc.run("lenet5", keep=["conv1"]),
    "<Solved: 1 solution, {'units': 3}>": lambda: cnncalc.solve("dense: ?", input="10", params=33),
}


@pytest.mark.parametrize("shown", RESULTS)
def test_repr_is_one_short_line(shown: str) -> None:
    found = repr(RESULTS[shown]())
    assert found.startswith(shown)
    assert "\n" not in found
    assert len(found) < 300


@pytest.mark.parametrize(
    ("result", "arguments"),
    [
        (lambda: cnncalc.load("resnet50"), ("show", "resnet50")),
        (lambda: cnncalc.diff("vgg11", "vgg13"), ("diff", "vgg11", "vgg13")),
        (lambda: cnncalc.dialects("lenet5"), ("dialects", "lenet5")),
        (lambda: cnncalc.worksheet("lenet5"), ("worksheet", "lenet5")),
    ],
    ids=["spec", "difference", "dialects", "worksheet"],
)
def test_str_is_what_the_terminal_prints(
    result: object,
    arguments: tuple[str, ...],
    run_cnncalc: Run,  # noqa: F811
) -> None:
    assert str(result()) == run_cnncalc(*arguments).out.rstrip("\n")  # type: ignore[operator]


def test_str_of_a_report_has_its_table_and_totals() -> None:
    text = str(cnncalc.analyze("lenet5"))
    assert "LeNet-5  input 1×32×32" in text
    assert "parameters  61,706" in text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_path_a_name_text_and_a_dict_stand_for_a_spec(path: Path) -> None:
    counted = {cnncalc.analyze(each).totals.params.total for each in (path, str(path), TEXT, DICT)}
    assert counted == {20}
    assert cnncalc.analyze("LeNet5").totals.params.total == 61_706
    assert cnncalc.diff(TEXT, DICT).is_same


def test_functions_that_run_a_network_take_them_too() -> None:
    assert cnncalc.run(DICT, np.ones((1, 4, 4))).output.shape == (1, 2, 2, 2)
    assert set(cnncalc.init_weights(TEXT)) == {"conv1.weight", "conv1.bias"}
    assert cnncalc.verify(TEXT).agrees
    assert cnncalc.gradients(TEXT).input.shape == (1, 1, 4, 4)
    assert cnncalc.influence(DICT, "conv1").map.shape == (4, 4)
    (graded,) = cnncalc.grade(DICT, {"conv1.params": 20})
    assert graded.score == 1


@pytest.mark.parametrize(
    "wrong", [5, None, [DICT], cnncalc.analyze(DICT)], ids=lambda each: type(each).__name__
)
def test_anything_else_is_a_type_error_that_says_what_to_pass(wrong: object) -> None:
    expected = "expected a spec: a path, a bundled name, YAML text, a dict, or what load"
    for function in (cnncalc.load, cnncalc.analyze, cnncalc.run, cnncalc.verify, cnncalc.worksheet):
        with pytest.raises(TypeError, match=expected):
            function(wrong)  # type: ignore[operator]


def test_a_dict_with_something_else_inside_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="a spec may hold only dicts, lists, text and numbers"):
        cnncalc.load({**DICT, "name": Path("x")})


def test_what_is_wrong_in_a_dict_has_a_place() -> None:
    with pytest.raises(cnncalc.SpecError, match="did you mean 'kernel'") as caught:
        cnncalc.load({**DICT, "layers": [{"conv": 2, "kernal": 3}]})
    assert str(caught.value).startswith("<dict>:")


def test_results_of_running_and_grading_are_one_short_line() -> None:
    assert repr(cnncalc.run(DICT)) == "<Activations: output 1×2×2×2, kept 0>"
    assert repr(cnncalc.check_paths("lenet5")) == "<Results: 1 file checked, 0 failed>"
    assert repr(cnncalc.grade(DICT, {"conv1.params": 20})) == "(<Graded: 1 of 1 points>,)"
    assert repr(cnncalc.influence(DICT, "conv1")) == "<Influence on conv1: map 4×4>"
    assert repr(cnncalc.gradients(DICT)) == "<Gradients of relu1: input 1×1×4×4, weights 2>"
    assert repr(cnncalc.occlusion(DICT)).startswith("<Occlusion of relu1: map ")
    assert repr(cnncalc.verify(DICT)).startswith("<Verification <dict>: no differences in ")


WRONG_TYPES = {
    "batch must be a whole number": lambda: cnncalc.analyze(DICT, batch="2"),  # type: ignore[arg-type]
    "set: expected a dict": lambda: cnncalc.analyze(DICT, set=5),  # type: ignore[arg-type]
    "input: expected a shape such as": lambda: cnncalc.load(DICT, input=5),  # type: ignore[arg-type]
    "expected text such as '227x227x3'": lambda: cnncalc.calc(3),  # type: ignore[arg-type]
    "expected text such as '227x227x3' or": lambda: cnncalc.solve(3),  # type: ignore[arg-type]
    "expected a dict of answers": lambda: cnncalc.grade(DICT, 3),  # type: ignore[arg-type]
    "expected a path, a bundled name": lambda: cnncalc.check_paths(3),  # type: ignore[arg-type]
    "seed: expected a whole number": lambda: cnncalc.worksheet(DICT, seed="x"),  # type: ignore[arg-type]
    r"expected a report from analyze\(\)": lambda: cnncalc.check(DICT, DICT),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("message", WRONG_TYPES)
def test_a_wrong_argument_is_a_type_error_that_says_what_to_pass(message: str) -> None:
    with pytest.raises(TypeError, match=message):
        WRONG_TYPES[message]()


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(KeyError, match="there is no layer 'con1'; did you mean 'conv1'"):
        cnncalc.explain(DICT, "con1")
    with pytest.raises(KeyError, match="conv1 has no quantity 'param'; did you mean 'params'"):
        cnncalc.explain(DICT, "conv1").value("param")
    with pytest.raises(ValueError, match="optimizer: expected one of sgd, momentum, adam; found 'adma'"):
        cnncalc.analyze(DICT, optimizer="adma")  # type: ignore[arg-type]


def test_grade_takes_the_name_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "ann.csv"
    path.write_text("question,answer\nconv1.params,20\n", encoding="utf-8")
    assert cnncalc.grade(DICT, str(path))[0].score == cnncalc.grade(DICT, [path])[0].score == 1
