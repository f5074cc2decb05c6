"""`solve`: all solutions and no others, simplest first, and the reasons if there are none."""

from collections.abc import Mapping
from functools import partial
from itertools import product
from math import inf
from random import Random
from time import monotonic

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc import SpecError
from cnncalc.problems import one_line
from tests.conftest import assert_same, examples, mostly_slow

solve = partial(cnncalc.solve, seconds=inf)
"""Without a time limit, at which a slow machine would find less."""

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
    # Radford et al. 2015, DCGAN: kernel 4, stride 2, padding 1 doubles the size.
    (("conv_transpose: 3, kernel: ?, stride: ?, padding: ?",), {"input": "4x4x8", "output": "8x8"},
     [{"kernel": 2, "stride": 2, "padding": 0}, {"kernel": 4, "stride": 2, "padding": 1}]),
    # Dai et al. 2017, M5: kernel 80 with stride 4 on 8,000 samples.
    (("conv: 32, kernel: ?, stride: ?",), {"input": "1x8000", "layout": "chw", "output": "32x1981"},
     [{"kernel": 80, "stride": 4}]),
    # One number is the size of a vector, if the output is one.
    (("flatten", "dense: ?"), {"input": "28x28x1", "output": "10"}, [{"units": 10}]),
    (("conv: 8, kernel: ?", "flatten", "dense: 10"), {"input": "32x32x3", "output": "10", "params": "63338"},
     [{"kernel": 5}]),
    (("dense: ?",), {"input": "10", "output": "same"}, [{"units": 10}]),
    # Which size is unknown follows from the others: here the height.
    (("conv: 8, kernel: 3",), {"input": "?x20x3", "output": "28x18"}, [{"input size": 30}]),
    (("conv: 8, kernel: 3",), {"input": "?x28", "layout": "chw", "params": "104"}, [{"input channels": 4}]),
    (("conv: 8, kernel: 3",), {"input": "(None, ?, ?, 3)", "output": "28x28"}, [{"input size": 30}]),
    # No window of 1 to 3 is valid with a padding of 3.
    (("avgpool: ?, stride: 2, padding: 3",), {"input": "23x23x8", "receptive_field": "7"}, [{"kernel": 7}]),
    (("conv: 8, kernel: [?, ?]",), {"input": "32x48x3", "output": "30x44x8"},
     [{"kernel[0]": 3, "kernel[1]": 5}]),
    (("conv: ?, kernel: 3",), {"input": "8x8x8", "params": "73000000000000"}, [{"filters": 10**12}]),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "given", "values"), SOLVED)
def test_the_simplest_solutions(
    layers: tuple[str, ...], given: dict[str, str], values: list[dict[str, int]]
) -> None:
    found = solve(*layers, **given)  # type: ignore[arg-type]
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
    where = [f"{options[name]} <= {ranges[name][-1]}" for name in unknown]
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
        found = solve(layer, input=f"{n}x{n}x1", output=f"{size}x{size}", where=where, most=10_000)
    except SpecError:
        assert not expected
        return
    assert {tuple(sorted(values.items())) for values in found.values} == expected
    assert all(solution.report.output.output.spatial == (size, size) for solution in found.solutions)
    assert bool(found.reasons) != bool(found.solutions)


# layers, arguments, every solution
PUBLIC: list[tuple[str, dict[str, str], list[dict[str, int]]]] = [
    # Long, Shelhamer & Darrell 2015, FCN-32s: upscore, on a map of the size that needs no crop.
    ("conv_transpose: 21, kernel: ?, stride: 32, padding: 16", {"input": "16x16x21", "output": "512x512x21"},
     [{"kernel": 64}]),
    # Lawhern et al. 2018, EEGNet: the depthwise convolution over all 64 electrodes.
    ("depthwise: [?, 1]", {"input": "8x64x128", "layout": "chw", "output": "8x1x128"}, [{"kernel": 64}]),
    # van den Oord et al. 2016, WaveNet: the largest dilation.
    ("conv: 1, kernel: 2, dilation: ?, padding: causal",
     {"input": "1x4096", "layout": "chw", "receptive_field": "513"}, [{"dilation": 512}]),
    ("conv: 1, kernel: 3, repeat: ?", {"receptive_field": "201"}, [{"repeat": 100}]),
    ("conv: 16, kernel: 3, padding: 1, repeat: ?", {"input": "8x8x16", "params": "232,000"},
     [{"repeat": 100}]),
    ("conv: 1, kernel: ?, stride: 4", {"input": "1x100", "layout": "chw", "output": "1x6"},
     [{"kernel": 77}, {"kernel": 80}, {"kernel": 79}, {"kernel": 78}]),
    ("conv: 1, kernel: 3, repeat: ?", {"receptive_field": "2001"}, [{"repeat": 1000}]),
    ("conv: 1, kernel: ?, stride: 160", {"input": "1x160000", "layout": "chw", "output": "1x998"},
     [{"kernel": n} for n in range(321, 481)]),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "given", "values"), PUBLIC)
def test_ranges_follow_from_the_target(
    layer: str, given: dict[str, str], values: list[dict[str, int]]
) -> None:
    found = solve(layer, most=1000, **given)  # type: ignore[arg-type]
    assert found.is_complete

    def by_value(each: dict[str, int]) -> list[int]:
        return list(each.values())

    assert sorted(found.values, key=by_value) == sorted(values, key=by_value)


KERNELS, STRIDES, DILATIONS = (1, 2, 3, 4, 5, 7, 9, 11, 13), (1, 2, 3, 4, 5, 8), (1, 1, 2, 3, 4, 6)


def drawn(seed: int) -> tuple[str, str, dict[str, str], dict[str, int]]:
    """A layer with one, two or three options hidden, its input, what it gives, and the hidden values."""
    draw = Random(seed)
    kind = draw.choice(("conv", "conv", "depthwise", "maxpool", "conv_transpose"))
    kernel = draw.choice(KERNELS)
    options = {"kernel": kernel, "stride": draw.choice(STRIDES), "padding": draw.randint(0, kernel // 2)}
    if kind != "maxpool":
        options["dilation"] = draw.choice(DILATIONS)
    if kind in ("conv", "conv_transpose"):
        options = {"filters": draw.choice((1, 5, 8, 16, 48, 96)), **options}
    hidden = draw.sample(list(options), 1 + seed % 3)
    channels, size = draw.choice((1, 3, 4, 16)), draw.choice((96, 99, 128))

    def line(values: Mapping[str, object]) -> str:
        (_, first), *others = values.items()
        return ", ".join([f"{kind}: {first}", *(f"{name}: {value}" for name, value in others)])

    report = cnncalc.calc(f"{channels}x{size}x{size}", line(options), layout="chw")
    targets = {"output": "x".join(map(str, report.output.output.dims()))}
    if kind != "maxpool" and draw.random() < 0.4:
        targets["params"] = str(report.totals.params.total)
    if draw.random() < 0.4:
        targets["receptive_field"] = str((report.output.field.size or (0,))[0])
    marked = {name: "?" if name in hidden else value for name, value in options.items()}
    return line(marked), f"{channels}x{size}x{size}", targets, {name: options[name] for name in hidden}


@pytest.mark.parametrize("seed", mostly_slow(range(50), range(0, 50, 7)))
def test_hidden_options_are_found_again(seed: int) -> None:
    layer, input, targets, hidden = drawn(seed)
    found = solve(layer, input=input, layout="chw", most=10_000, seconds=120, **targets)  # type: ignore[arg-type]
    needed = {name: value for name, value in hidden.items() if name not in found.free}
    assert needed in found.values


def test_options_of_several_layers_are_found_by_several_targets() -> None:
    found = solve(
        "conv: ?, kernel: ?", "maxpool: 2", "conv: 16, kernel: ?",
        input="3x32x32", layout="chw", output="16x12x12", params="1,776", receptive_field="10",
    )  # fmt: skip
    assert {"filters": 8, "kernel of layer 1": 5, "kernel of layer 3": 3} in found.values


@pytest.mark.parametrize(
    ("where", "kernels"),
    [
        ("kernel <= 7", [3, 5, 7]),
        ("kernel == 2 * padding + 1 and 4 < kernel < 12", [5, 7, 9, 11]),
        ("padding in", []),
        ("kernel // padding == 2 and padding > 7 and kernel <= 21", [17, 19, 21]),
    ],
)
def test_conditions(where: str, kernels: list[int]) -> None:
    def search() -> list[int]:
        found = solve("conv: 8, kernel: ?, padding: ?", input="32x32x3", output="same", where=where, most=100)
        return sorted(each["kernel"] for each in found.values if each["padding"])

    if kernels:
        assert search() == kernels
    else:
        with pytest.raises(ValueError, match="--where 'padding in'"):
            search()


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("kernal < 3", "unknown name 'kernal'; did you mean 'kernel'"),
        ("stride < 3", "unknown name 'stride'; expected one of kernel"),
        ("3 < 4", "expected a condition on an unknown"),
        ("kernel < 3 and kernel > 5", "no value is at least 6 and at most 2"),
        ("kernel < 'a'", "expected a number, found 'a'"),
        ("kernel.x < 3", "unknown name 'kernel.x'; did you mean 'kernel'"),
        ("kernel = 3", "write == to compare"),
        ("kernel < 0", "kernel is at least 1; no value is at most -1"),
    ],
)
def test_invalid_conditions(where: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve("conv: 8, kernel: ?", input="32x32x3", output="30x30", where=where)


def test_a_condition_names_the_unknowns_of_a_layer() -> None:
    layers = ("conv: 1, kernel: ?", "conv: 1, kernel: ?")
    found = solve(*layers, receptive_field=9, where=["kernel2 > kernel1", "kernel >= 3"])
    assert found.values == [{"kernel of layer 1": 3, "kernel of layer 2": 7},
                            {"kernel of layer 1": 4, "kernel of layer 2": 6}]  # fmt: skip


def test_an_upper_limit_widens_the_search() -> None:
    given = {"input": "3x32x32", "layout": "chw", "output": "8x4x4"}
    layer = "conv: 8, kernel: ?, stride: ?, padding: ?, dilation: ?"
    found = solve(
        layer,
        where=["padding == 100", "stride == 50", "dilation == 1"],
        most=99,
        **given,  # type: ignore[arg-type]
    )
    assert {each["kernel"] for each in found.values} == set(range(33, 83))


def test_six_unknowns_end_within_the_time_limit() -> None:
    seconds = 2
    layers = [f"conv: {n}, kernel: ?, stride: ?, padding: ?" for n in (1, 2)]
    calls = 0

    def watch(done: int, total: int, what: str, needed: float) -> None:
        nonlocal calls
        calls += 1

    start = monotonic()
    found = solve(*layers, input="99x99x3", output="7x7", seconds=seconds, watch=watch)
    assert not found.is_complete
    assert calls
    assert monotonic() - start < seconds + 5


def test_what_was_found_is_kept_when_a_search_is_stopped() -> None:
    tried = 0

    def stop() -> bool:
        nonlocal tried
        tried += 1
        return tried > 2000

    found = solve("conv: 8, kernel: ?, stride: ?, padding: ?", input="32x32x3", output="16x16x8", stop=stop)
    assert not found.is_complete
    assert {"kernel": 3, "stride": 2, "padding": 1} in found.values


# layers, arguments, reasons
NONE: list[tuple[tuple[str, ...], dict[str, str], tuple[str, ...]]] = [
    (("conv: 8, kernel: 4, padding: ?",), {"input": "32x32x3", "output": "same"}, (
        "tried padding 0 to 32; none gives an output of 32×32",
        "closest: 31×31 (padding = 1) and 33×33 (padding = 2)",
        "beyond padding 32, results only move further away",
        "the total padding must be 3, which is odd; write padding: [[1, 2], [1, 2]]",
    )),
    (("conv: 8, kernel: 3, stride: ?",), {"input": "7x7x1", "output": "4x4"}, (
        "tried stride 1 to 16; none gives an output of 4×4",
        "closest: 3×3 (stride = 2) and 5×5 (stride = 1)",
        "beyond stride 16, results only move further away",
    )),
    (("conv: ?, kernel: 3",), {"input": "32x32x3", "params": "900"}, (
        "tried filters 1 to 8192; none gives 900 parameters",
        "closest: 896 (filters = 32) and 924 (filters = 33)",
        "beyond filters 8192, results only move further away",
    )),
    (("conv: 1, kernel: 3, repeat: ?",), {"receptive_field": "10"}, (
        "tried repeat 1 to 64; none gives a receptive field of 10×10",
        "closest: 9×9 (repeat = 4) and 11×11 (repeat = 5)",
        "beyond repeat 64, results only move further away",
    )),
    (("conv: ?, kernel: ?",), {"input": "5x5x3", "output": "9x9x8"}, (
        "tried filters 1 to 8192, kernel 1 to 5; none gives an output of 9×9×8",
        "closest: 5×5×8 (filters = 8, kernel = 1)",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("layers", "given", "reasons"), NONE)
def test_why_there_is_no_solution(
    layers: tuple[str, ...], given: dict[str, str], reasons: tuple[str, ...]
) -> None:
    found = solve(*layers, **given)  # type: ignore[arg-type]
    assert found.solutions == ()
    assert found.reasons == reasons


def test_the_range_printed_is_the_one_that_was_tried() -> None:
    """Not the limit of a condition, nor values with which no network is valid."""
    given = {"input": "32x32x3", "where": "kernel <= 999999999999"}
    found = solve("conv: 8, kernel: ?", receptive_field=999_999_999, **given)
    assert found.reasons[0].startswith("tried kernel 1 to 32; none gives")
    found = solve("conv: 8, kernel: ?", output="28x28", **given)
    assert (found.values, found.ranges) == ([{"kernel": 5}], {"kernel": (1, 32)})


def test_a_range_moves_to_where_networks_are_valid() -> None:
    """With dilation 26 and more, two convolutions need a padding above 32; 23 + 4p - 6d = 19."""
    found = solve(
        "conv: 1, kernel: 4, padding: ?, dilation: ?, repeat: 2", input="23x23x3", output="19x19", params=66,
        most=99,
    )  # fmt: skip
    assert {(each["dilation"], each["padding"]) for each in found.values} == {
        (d, (3 * d - 2) // 2) for d in range(2, 33, 2)
    }


def test_unknowns_that_do_not_matter_leave_room_for_others() -> None:
    """A dilation of 3 needs an input of 13, which is any size."""
    found = solve("conv: 6, kernel: 5, stride: 3, padding: ?, dilation: ?", "avgpool: 5, stride: 2",
                          input="?x?x8", receptive_field=25)  # fmt: skip
    assert (found.values, set(found.free)) == ([{"dilation": 3}], {"padding", "input size"})


def test_the_closest_values_meet_the_conditions() -> None:
    found = solve("conv: 8, kernel: ?", input="32x32x3", output="28x28", where="kernel <= 3")
    assert "closest: 30×30 (kernel = 3)" in found.reasons


def test_counts_are_limited_by_the_target() -> None:
    """The combined filters are those that the wanted parameters allow: all pairs are found, and no more."""
    found = solve("conv: ?, kernel: 3", "conv: ?, kernel: 3", input="32x32x3", params=10_003, most=99)
    pairs = {(a, b) for a in range(1, 400) for b in range(1, 1200) if 28 * a + (9 * a + 1) * b == 10_003}
    assert found.is_complete
    assert {tuple(each.values()) for each in found.values} == pairs
    assert found.ranges["filters of layer 1"][1] < 400


def test_long_rounds_are_announced_before_they_begin() -> None:
    rounds: list[tuple[int, float]] = []

    def watch(done: int, total: int, what: str, needed: float) -> None:
        if not done:
            rounds.append((total, needed))

    layers = [f"conv: {n}, kernel: ?, stride: ?, padding: ?" for n in (1, 2)]
    solve(*layers, input="99x99x3", output="7x7", seconds=60, watch=watch, stop=lambda: len(rounds) == 2)
    assert [total for total, _ in rounds] == [5 * 2**2 * 3**2, 11 * 4**2 * 6**2]
    assert rounds[1][1] > 1


def test_solutions_state_whether_the_stride_divides_evenly() -> None:
    found = solve("conv: 96, kernel: ?, stride: ?", input="227x227x3", output="55x55x96")
    values = [solution.values for solution in found.solutions if solution.values["stride"] == 4]
    fits = [solution.fits for solution in found.solutions if solution.values["stride"] == 4]
    assert ([each["kernel"] for each in values], fits) == ([11, 9, 8, 10], [True, False, False, False])


def test_an_unknown_that_no_target_depends_on_can_be_any_number() -> None:
    found = solve("conv: ?, kernel: ?", "conv: ?, kernel: 3", input="16x16x3", output="12x12x8")
    assert found.free == ("filters of layer 1",)
    assert found.values == [{"kernel": 3, "filters of layer 2": 8}]
    assert found.solutions[0].layers == ("conv: 1, kernel: 3", "conv: 8, kernel: 3")


def test_a_rounded_count_has_a_tolerance_and_the_closest_comes_first() -> None:
    found = solve("conv: ?, kernel: 3", input="224x224x3", params="1.4K", most=100)
    counts = [solution.report.totals.params.total for solution in found.solutions]
    assert counts[0] == 28 * 50
    assert sorted(counts) == [28 * n for n in range(49, 52)]


def test_a_search_that_is_stopped_does_not_claim_to_have_tried_all() -> None:
    rounds: list[int] = []
    found = solve(
        "conv: ?, kernel: ?, stride: ?", "conv: ?, kernel: ?", input="32x32x3", params=3001, output="7x7x10",
        watch=lambda done, total, what, needed: rounds.append(total), stop=lambda: len(rounds) > 5,
    )  # fmt: skip
    assert not found.is_complete
    assert found.reasons[0].startswith("stopped while trying filters of layer 1 1 to ")
    assert not any("to search further" in reason for reason in found.reasons)


def test_it_stops_at_the_time_limit() -> None:
    layers = [f"conv: {n}, kernel: ?, stride: ?, padding: ?" for n in (1, 2)]
    found = solve(*layers, input="99x99x3", output="7x7", seconds=0.3)
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
        (
            (", ".join(["conv: ?"] * 100),),
            {"output": "3"},
            "too many unknowns: expected at most 6, found 100",
        ),
        (("conv: ?, kernel: 3",), {"output": "?x?x?"}, "expected at least one size"),
        (("conv: ?, kernel: 3",), {"input": "8x8x3", "output": "6x6x9x9"}, "has 3 sizes; found '6x6x9x9'"),
        (("flatten", "dense: ?"), {"input": "8x8x3", "output": "1x1x9"}, "is a vector, with one size"),
        (("conv: ?, kernel: 3",), {"input": "?x?x3", "output": "same"}, "the size of the input is unknown"),
        (("net.yaml",), {"output": "3"}, "expected layers, found a file"),
    ],
)
def test_invalid_arguments_are_reported(layers: tuple[str, ...], given: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        solve(*layers, **given)  # type: ignore[arg-type]


def test_an_input_of_one_unknown_size_gets_a_hint() -> None:
    with pytest.raises(
        SpecError, match=r"one size means a vector; for an image with one channel write \?x\?x1"
    ):
        solve("conv: 8, kernel: 3", input="?", output="5x5x8")


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
        (("conv: 8, kernel: 3, bias: ?",),
         ["the arguments:2:27: error: bias of conv must be true or false; found '?' = 1; "
          "write true or false [bad-value]"]),
        (("conv: ?, kernel: X",), ["the arguments:2:18: error: unknown name 'X' [expression]"]),
        (("conv: ?, kernel: [3",),
         ["the arguments:2:20: error: invalid YAML: did not find expected ',' or ']'; "
          "add the missing `]` or `,` before this [yaml]"]),
    ],
)  # fmt: skip
def test_errors_point_into_the_arguments(layers: tuple[str, ...], lines: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        solve(*layers, input="8x8x3", params=100)
    error = caught.value
    assert_same("\n".join(one_line(each, error.source) for each in error.problems), "\n".join(lines))
    assert error.source.text == "\n".join(("8x8x3", *layers))


def test_the_last_valid_value_is_named() -> None:
    """A window larger than the image is the reason, wherever the search ended."""
    found = solve("conv: 1, kernel: ?", input="32x32x1", receptive_field=999_999_999)
    assert not found.solutions
    assert "beyond kernel 32, no network is valid" in found.reasons
