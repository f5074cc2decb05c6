"""`solve`: all solutions and no others, simplest first, and the reasons if there are none."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import SpecError
from cnncalc.problems import one_line
from tests.conftest import assert_same, examples

# layers, arguments, values of the first solutions
SOLVED: list[tuple[tuple[str, ...], dict[str, str], list[dict[str, int]]]] = [
    (("conv: ?, kernel: ?, stride: 2",), {"input": "7x7x1", "output": "3x3x8"},
     [{"filters": 8, "kernel": 3}, {"filters": 8, "kernel": 2}]),
    (("conv: 1, kernel: 3, repeat: ?",), {"receptive_field": "11"}, [{"repeat": 5}]),
    (("conv: 1, kernel: 3, repeat: ?",), {"receptive_field": "7x7"}, [{"repeat": 3}]),
    (("conv: 1, kernel: 3, padding: ?",), {"input": "32x32x3", "output": "same"}, [{"padding": 1}]),
    (("conv: 1, kernel: 5, padding: ?",), {"input": "32x32x3", "output": "same"}, [{"padding": 2}]),
    (("conv: 1, kernel: 7, padding: ?",), {"input": "32x32x3", "output": "same"}, [{"padding": 3}]),
    (("conv: 96, kernel: ?, stride: ?",), {"input": "227x227x3", "output": "55x55x96"},
     [{"kernel": 11, "stride": 4}]),
    (("conv: 96, kernel: 11, stride: 4",), {"input": "?x?x3", "output": "55x55"}, [{"input size": 227}]),
    (("conv: 96, kernel: 11, stride: 4",), {"input": "3x?x?", "output": "55x55"}, [{"input size": 227}]),
    (("conv: ?, kernel: 3",), {"input": "32x32x3", "params": "896"}, [{"filters": 32}]),
    (("conv: 32, kernel: ?",), {"input": "32x32x3", "params": "896"}, [{"kernel": 3}]),
    (("flatten", "dense: ?"), {"input": "28x28", "params": "7,850"}, [{"units": 10}]),
    (("dense: 10",), {"input": "?", "params": "7850"}, [{"input channels": 784}]),
    (("conv: 64, kernel: 3, padding: 1",), {"input": "224x224x?", "macs": "86.7M"}, [{"input channels": 3}]),
    (("conv: 128, kernel: 3, groups: ?",), {"input": "32x32x64", "params": "18560"}, [{"groups": 4}]),
    (("conv: 64, kernel: 3, dilation: ?",), {"receptive_field": "9"}, [{"dilation": 4}]),
    (("maxpool: ?, stride: 2",), {"input": "55x55x96", "output": "27x27x96"}, [{"kernel": 3}]),
    (("conv_transpose: 8, kernel: 3, stride: 2, padding: 1, output_padding: ?",),
     {"input": "7x7x8", "output": "14x14x8"}, [{"output_padding": 1}]),
    (("conv: 4096, kernel: ?",), {"input": "7x7x512", "output": "1x1x4096"}, [{"kernel": 7}]),
    (("upsample: ?",), {"input": "7x7x8", "output": "28x28"}, [{"scale": 4}]),
    (("conv: 8, kernel: ?, padding: 1", "maxpool: 2"), {"input": "32x32x3", "output": "16x16"},
     [{"kernel": 3}]),
    (("conv: ?, kernel: 3, groups: 4",), {"input": "8x8x16", "output": "6x6x12"}, [{"filters": 12}]),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "given", "values"), SOLVED)
def test_the_simplest_solutions(
    layers: tuple[str, ...], given: dict[str, str], values: list[dict[str, int]]
) -> None:
    found = cnncalc.solve(*layers, **given)  # type: ignore[arg-type]
    assert found.values[: len(values)] == values
    assert found.is_complete
    assert found.reasons == ()


@given(
    st.integers(1, 12),
    st.integers(1, 8),
    st.integers(1, 12),
    st.integers(1, 3),
    st.sampled_from(["kps", "ks", "kp"]),
)
@settings(deadline=None, max_examples=examples(40))
def test_all_solutions_are_found_and_no_others(n: int, size: int, k: int, d: int, unknown: str) -> None:
    """Compared with brute force over the same ranges, counting windows one by one."""
    ranges = {"k": range(1, 12), "s": range(1, 5), "p": range(6)}
    fixed = {"k": k, "s": 1, "p": 0}
    options = {"k": "kernel", "s": "stride", "p": "padding"}
    layer = ", ".join(
        ["conv: 1", f"dilation: {d}"]
        + [f"{options[name]}: {'?' if name in unknown else fixed[name]}" for name in "ksp"]
    )
    expected = set()
    for choice in product(*(ranges[name] for name in "ksp" if name in unknown)):
        values = {**fixed, **dict(zip((name for name in "ksp" if name in unknown), choice, strict=True))}
        reach = d * (values["k"] - 1) + 1
        starts = range(0, n + 2 * values["p"] - reach + 1, values["s"])
        if len(starts) == size:
            expected.add(tuple(sorted((options[name], values[name]) for name in unknown)))
    if not any(d * (choice - 1) + 1 <= n + 10 for choice in ([k] if "k" not in unknown else [1])):
        return
    try:
        found = cnncalc.solve(layer, input=f"{n}x{n}x1", output=f"{size}x{size}", most=10_000)
    except SpecError:
        assert not expected
        return
    assert {tuple(sorted(values.items())) for values in found.values} == expected
    assert all(solution.report.output.output.spatial == (size, size) for solution in found.solutions)
    assert bool(found.reasons) != bool(found.solutions)


# layers, arguments, reasons
NONE: list[tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]] = [
    (("conv: 8, kernel: 4, padding: ?",), {"input": "32x32x3", "output": "same"}, (
        "tried padding 0 to 32; none gives an output of 32×32",
        "closest: 31×31 (padding = 1) and 33×33 (padding = 2)",
        "the total padding must be 3, which is odd; write padding: [[1, 2], [1, 2]]",
    )),
    (("conv: 8, kernel: 3, stride: ?",), {"input": "7x7x1", "output": "4x4"}, (
        "tried stride 1 to 16; none gives an output of 4×4",
        "closest: 3×3 (stride = 2) and 5×5 (stride = 1)",
    )),
    (("conv: ?, kernel: 3",), {"input": "32x32x3", "params": "900"}, (
        "tried filters 1 to 8192; none gives 900 parameters",
        "closest: 896 (filters = 32) and 924 (filters = 33)",
    )),
    (("conv: 1, kernel: 3, repeat: ?",), {"receptive_field": "10"}, (
        "tried repeat 1 to 64; none gives a receptive field of 10×10",
        "closest: 9×9 (repeat = 4) and 11×11 (repeat = 5)",
    )),
    (("conv: ?, kernel: ?",), {"input": "5x5x3", "output": "9x9x8"}, (
        "tried filters 1 to 8192, kernel 1 to 33; none gives an output of 9×9×8",
        "closest: 5×5×8 (filters = 8, kernel = 1)",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "given", "reasons"), NONE)
def test_why_there_is_no_solution(
    layers: tuple[str, ...], given: dict[str, str], reasons: tuple[str, ...]
) -> None:
    found = cnncalc.solve(*layers, **given)  # type: ignore[arg-type]
    assert found.solutions == ()
    assert found.reasons == reasons


def test_solutions_state_whether_the_stride_divides_evenly() -> None:
    found = cnncalc.solve("conv: 96, kernel: ?, stride: ?", input="227x227x3", output="55x55x96")
    assert [solution.fits for solution in found.solutions] == [True, False, False, False]


def test_an_unknown_that_no_target_depends_on_can_be_any_number() -> None:
    found = cnncalc.solve("conv: ?, kernel: ?", "conv: ?, kernel: 3", input="16x16x3", output="12x12x8")
    assert found.free == ("filters of layer 1",)
    assert found.values == [{"kernel": 3, "filters of layer 2": 8}]
    assert found.solutions[0].layers == ("conv: 1, kernel: 3", "conv: 8, kernel: 3")


def test_a_rounded_count_has_a_tolerance_and_the_closest_comes_first() -> None:
    found = cnncalc.solve("conv: ?, kernel: 3", input="224x224x3", params="1.4K", most=100)
    counts = [solution.report.totals.params.total for solution in found.solutions]
    assert counts[0] == 28 * 50
    assert sorted(counts) == [28 * n for n in range(49, 52)]


def test_it_stops_at_the_time_limit() -> None:
    layers = [f"conv: {n}, kernel: ?, stride: ?, padding: ?" for n in (1, 2)]
    found = cnncalc.solve(*layers, input="99x99x3", output="7x7", seconds=0.3)
    assert not found.is_complete


@pytest.mark.parametrize(
    ("layers", "given", "message"),
    [
        (("conv: 8, kernel: 3",), {"output": "3x3"}, "nothing to solve for"),
        (("conv: ?, kernel: 3",), {}, "missing target"),
        (("conv: ?, kernel: 3",), {"output": "3xa"}, "--output: expected .*; found '3xa'"),
        (("conv: ?, kernel: 3",), {"params": "many"}, "--params: expected a number .*; found 'many'"),
        (
            ("conv: ?, kernel: 3",),
            {"receptive_field": "0"},
            "--receptive-field: expected a size .*; found '0'",
        ),
        (
            tuple(f"conv: ?, kernel: {n}" for n in range(1, 8)),
            {"output": "3"},
            "too many unknowns: expected at most 6, found 7",
        ),
    ],
)
def test_invalid_arguments_are_reported(layers: tuple[str, ...], given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cnncalc.solve(*layers, **given)  # type: ignore[arg-type]


def test_an_input_of_one_unknown_size_gets_a_hint() -> None:
    with pytest.raises(
        SpecError, match=r"one size means a vector; for an image with one channel write \?x\?x1"
    ):
        cnncalc.solve("conv: 8, kernel: 3", input="?", output="5x5x8")


@pytest.mark.parametrize(
    ("layers", "lines"),
    [
        (("conv: ?, kernal: 3",),
         ["the arguments:2:10: error: unknown option 'kernal' of conv; "
          "did you mean 'kernel'? [unknown-option]"]),
        (("?",),
         ['the arguments:2:1: error: this ? is not the value of an option; '
          'write ? for the value of an option, as in "conv: ?, kernel: 3" [bad-unknown]']),
        (("conv: ?, kernel: 9",),
         ["the arguments:2:18: error: kernel 9 is larger than the height 8; "
          "use a smaller kernel, more padding, or less downsampling before it [kernel-too-large]"]),
        (("conv: ?, kernel: [3",),
         ["the arguments:2:20: error: invalid YAML: did not find expected ',' or ']'; "
          "add the missing `]` or `,` before this [yaml]"]),
    ],
)  # fmt: skip
def test_errors_point_into_the_arguments(layers: tuple[str, ...], lines: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        cnncalc.solve(*layers, input="8x8x3", params=100)
    error = caught.value
    assert_same("\n".join(one_line(each, error.source) for each in error.problems), "\n".join(lines))
    assert error.source.text == "\n".join(("8x8x3", *layers))
