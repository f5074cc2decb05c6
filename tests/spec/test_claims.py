"""`expect` and `budget`: what they may contain, and when they are met."""

import pytest

import cnncalc
from tests.spec.helpers import codes, spec

CONV = "{conv: 4, kernel: 3}"
"""On 3×8×8: 108 weights and 4 biases, 4×6×6 outputs, 144 · 27 = 3888 MACs."""
BLOCK = "blocks: {b: {params: [out=true], layers: [{conv: 4, kernel: 1}, {conv: 5, kernel: 1, when: out}]}}"


def verdicts(*layers: str, top: str, input: str | None = None) -> list[bool]:
    """Whether each expected value and budget of a spec is met."""
    loaded = spec(*layers, top=top, input=input)
    return [verdict.holds for verdict in cnncalc.check(cnncalc.analyze(loaded), loaded)]


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("params: 112", True),
        ("params: 111", False),
        ("params: 113", False),
        ("params: 0112", True),
        ("params: 112.0", True),
        ("params: 1.12e2", True),
        ("params: 1.1e2", False),
        ("params: 0.11K", True),
        ("params: 0.1K", True),
        ("params: 0.112K", True),
        ("params: 0.110K", False),
        ("params: 0.1K ", True),
        ("params: 0.2k", False),
        ("weights: 108, biases: 4", True),
        ("trainable: 112, frozen: 0, buffers: 0", True),
        ("macs: 3888", True),
        ("macs: 3.9K", True),
        ("macs: 3.8K", False),
        ("macs: 4K", True),
        ("macs: 0.004M", True),
        ("macs: 3.88K", False),
        ("neurons: 144", True),
        ("adds: 144", True),
        ("flops: 7920", True),
        ("output: [4, 6, 6]", True),
        ("output: 4x6x6", True),
        ("output: [4, 6]", False),
        ("output: [4, 36]", False),
        ("output: [6, 6, 4]", False),
        ("output: 144", False),
        ("receptive_field: 3", True),
        ("receptive_field: [3, 3]", True),
        ("receptive_field: 3x3", True),
        ("receptive_field: [3]", True),
        ("receptive_field: [3, 3, 3]", False),
        ("receptive_field: [3, 5]", False),
        ("receptive_field: 8", False),
        ("receptive_field: all", False),
        ("memory.parameters: 448, memory: {activations: 576, peak: 1344}", True),
        ("memory.parameters: 0.4KB", True),
        ("memory.parameters: 0.44KiB", True),
        ("memory.parameters: 0.5KB", False),
        ("memory.training: 1664", True),
        ("memory.training: 1663", False),
    ],
)
def test_an_expected_value_matches_exactly_or_to_the_digits_shown(claim: str, holds: bool) -> None:
    for top in (f"expect: {{{claim}}}", f"expect: {{layers: {{conv1: {{{claim}}}}}}}"):
        assert all(verdicts(CONV, top=top)) is holds
    assert all(verdicts(CONV.replace("}", f", expect: {{{claim}}}}}"), top="")) is holds


@pytest.mark.parametrize(
    ("filters", "claim", "holds"),
    [
        (25_649, "25.6K", True),
        (25_550, "25.6K", True),
        (25_549, "25.6K", False),
        (25_651, "25.6K", False),
        (25_549, "26K", True),
        (25_605, "25.60K", True),
        (25_606, "25.60K", False),
        (25_600, "25600", True),
        (25_601, "25600", False),
    ],
)
def test_the_digits_shown_bound_a_count(filters: int, claim: str, holds: bool) -> None:
    layer = f"{{conv: {filters}, kernel: 1, bias: false, groups: 1}}"
    loaded = spec(layer, shape="[1, 1]", top=f"expect: {{params: {claim}}}")
    assert [verdict.holds for verdict in cnncalc.check(cnncalc.analyze(loaded), loaded)] == [holds]


def test_the_receptive_field_of_a_global_layer_is_all() -> None:
    layers = [CONV, "{global_avgpool: , name: gap}", "flatten", "{dense: 2, name: fc}"]
    top = "expect: {receptive_field: all, layers: {fc: {receptive_field: all}, gap: {receptive_field: all}}}"
    assert verdicts(*layers, top=top) == [True, True, True]
    assert verdicts(*layers, top="expect: {receptive_field: 8}") == [False]


def test_the_axes_of_a_field_may_differ() -> None:
    layer = "{conv: 4, kernel: [3, 1]}"
    assert verdicts(layer, top="expect: {receptive_field: [3, 1]}") == [True]
    assert verdicts(layer, top="expect: {receptive_field: 3}") == [False]
    assert verdicts(layer, top="expect: {receptive_field: [1, 3]}") == [False]


def test_expect_inside_a_repeat_or_block_applies_to_each_instance() -> None:
    inner = "{conv: 3, kernel: 1, expect: {params: 12, output: 3x8x8}}"
    top = f"blocks: {{b: {{layers: [{inner}]}}}}\n"
    top += "expect: {layers: {b1: {params: 24}, b1.1.conv1: {params: 12}}}"
    assert verdicts("{use: b, repeat: 2, expect: {params: 12}}", top=top) == [True] * 8
    assert verdicts("{conv: i + 1, kernel: 1, repeat: 2, expect: {output: [1, 8, 8]}}", top="") == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("b1", "params: 41, output: [5, 8, 8]"),
        ("b1.conv1", "params: 16, output: [4, 8, 8]"),
        ("add", "output: [5, 8, 8]"),
        ("add.m", "params: 30, output: [5, 8, 8]"),
        ("st", "params: 60, output: [5, 8, 8]"),
        ("st.0", "params: 30"),
    ],
)
def test_expect_may_name_a_block_a_repeat_a_branch_or_a_part(name: str, claim: str) -> None:
    layers = [
        "{use: b}",
        "{add: {m: [{conv: 5, kernel: 1}], s: []}}",
        "{conv: 5, kernel: 1, repeat: 2, name: st}",
    ]
    assert all(verdicts(*layers, top=f"{BLOCK}\nexpect: {{layers: {{{name}: {{{claim}}}}}}}"))


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("{conv: 9, kernel: 1, when: false, name: a}", "a"),
        ("{conv: 9, kernel: 1, repeat: 0, name: a}", "a"),
        ("{conv: 9, kernel: 1, repeat: 2, when: not first, name: a}", "a.0"),
        ("{add: {m: [{conv: 3, kernel: 1}], skip: []}}", "add.skip"),
        ("{add: {m: [{conv: 9, kernel: 1, when: false}], skip: []}}", "add.m"),
        ("{use: empty, name: a}", "a"),
    ],
)
def test_an_empty_group_has_no_parameters_and_is_the_identity(layer: str, name: str) -> None:
    top = "blocks: {empty: {layers: []}}\nexpect: {layers: {NAME: {params: 0, macs: 0, output: [3, 8, 8]}}}"
    assert verdicts(layer, top=top.replace("NAME", name)) == [True] * 3
    assert verdicts(
        layer, top=top.replace("NAME", name).replace("expect", "budget").replace(", output: [3, 8, 8]", "")
    )


LEFT_OUT = "{conv: 5, kernel: 1, from: input, when: false, otherwise: pass}"


@pytest.mark.parametrize("last", [LEFT_OUT, "{add: [input, input]}"])
def test_the_output_of_a_block_is_that_of_its_last_statement(last: str) -> None:
    top = f"blocks: {{b: {{layers: [{{conv: 4, kernel: 1}}, {last}]}}}}\n"
    top += "expect: {output: [3, 8, 8], layers: {b1: {output: [3, 8, 8]}}}"
    assert verdicts("{use: b}", top=top) == [True, True]


def test_the_output_of_the_network_is_its_last_statement() -> None:
    layers = [CONV, LEFT_OUT]
    assert verdicts(*layers, top="expect: {output: [3, 8, 8], receptive_field: 1, params: 112}") == [True] * 3


@pytest.mark.parametrize(
    ("limit", "holds", "warns"),
    [
        ("params: 112", True, False),
        ("params: 111", False, False),
        ("params: {max: 112}", True, False),
        ("params: {max: 0.1K}", False, False),
        ("params: {max: 111.5}", False, False),
        ("params: {min: 112}", True, False),
        ("params: {min: 113}", False, False),
        ("params: {min: 0.2K, max: 1M}", False, False),
        ("params: {max: 200, warn: 112}", True, False),
        ("params: {max: 200, warn: 111}", True, True),
        ("params: {max: 100, warn: 50}", False, False),
        ("params: {warn: 0.1K}", True, True),
        ("macs: 4K", True, False),
        ("macs: {max: 3887}", False, False),
        ("neurons: 1e2", False, False),
        ("receptive_field: {min: 3, max: 3}", True, False),
        ("receptive_field: {min: 4}", False, False),
        ("receptive_field: 2", False, False),
        ("receptive_field: {min: [3, 3]}", True, False),
        ("receptive_field: {min: [3, 4]}", False, False),
        ("receptive_field: {min: 2, warn: 4}", True, True),
        ("receptive_field: {min: 2, max: 5, warn: 4}", True, False),
        ("output: 144", True, False),
        ("output: {max: 143}", False, False),
        ("output: {max: [4, 6, 6]}", True, False),
        ("output: {min: 4x6x7}", False, False),
        ("output: {max: 4x6x5}", False, False),
        ("output: {max: [1000]}", False, False),
        ("memory.peak: 1344", True, False),
        ("memory.peak: 1343", False, False),
        ("memory.peak: 1.3KiB", False, False),
        ("memory: {peak: {max: 2KB, warn: 1KB}}", True, True),
        ("memory.training: 1.664 KB", True, False),
        ("memory.inference: {max: 1791}", False, False),
    ],
)
def test_a_budget_has_max_min_and_warn(limit: str, holds: bool, warns: bool) -> None:
    inline = CONV.replace("}", f", budget: {{{limit}}}}}")
    at_the_top = (f"budget: {{{limit}}}", f"budget: {{layers: {{conv1: {{{limit}}}}}}}")
    for layer, top in ((CONV, at_the_top[0]), (CONV, at_the_top[1]), (inline, "")):
        loaded = spec(layer, top=top)
        (verdict,) = cnncalc.check(cnncalc.analyze(loaded), loaded)
        assert (verdict.is_budget, verdict.holds) == (True, holds)
        level = verdict.problem.level if verdict.problem else None
        assert level == (None if holds and not warns else "warning" if holds else "error")


def test_depth_is_of_the_whole_network() -> None:
    layers = (CONV, "relu", "{add: {main: [{conv: 4, kernel: 1}], skip: []}}")
    assert verdicts(*layers, top="expect: {depth: 2}\nbudget: {depth: 2}") == [True, True]
    assert verdicts(*layers, top="expect: {depth: 3}\nbudget: {depth: {max: 1}}") == [False, False]


@pytest.mark.parametrize(
    ("pattern", "about"),
    [
        ("stage", ["stage"]),
        ("stage.*", ["stage.0", "stage.1"]),
        ("stag?", ["stage"]),
        ("*", ["conv1", "stage"]),
        ("stage.*.conv1", ["stage.0.conv1", "stage.1.conv1"]),
        ("*.conv1", []),
        ("**.conv1", ["conv1", "stage.0.conv1", "stage.1.conv1"]),
        ("stage.**", ["stage.0.conv1", "stage.0.conv1.act", "stage.1.conv1", "stage.1.conv1.act"]),
        ("**", ["conv1", "stage.0.conv1", "stage.0.conv1.act", "stage.1.conv1", "stage.1.conv1.act"]),
    ],
)
def test_a_pattern_applies_to_each_match(pattern: str, about: list[str]) -> None:
    """`*` matches one part of a name, also of a block; `**` any number of parts, only layers."""
    block = "blocks: {b: {layers: [{conv: 4, kernel: 1, act: relu}]}}\n"
    top = f"{block}budget: {{layers: {{'{pattern}': {{params: 1M}}}}}}"
    if not about:
        assert codes(CONV, "{use: b, repeat: 2, name: stage}", top=top) == ["unknown-layer"]
        return
    loaded = spec(CONV, "{use: b, repeat: 2, name: stage}", top=top)
    assert [verdict.layer for verdict in cnncalc.check(cnncalc.analyze(loaded), loaded)] == about


def test_memory_is_for_the_batch_and_operations_for_one_sample() -> None:
    loaded = spec(CONV, top="budget: {memory.peak: 1344, macs: 3888}")
    for batch, data_type, kept in ((1, "float32", True), (2, "float16", True), (2, "float32", False)):
        report = cnncalc.analyze(loaded, batch=batch, data_type=data_type)
        assert [verdict.holds for verdict in cnncalc.check(report, loaded)] == [kept, True]


def test_a_global_receptive_field_meets_every_minimum() -> None:
    assert verdicts("global_avgpool", top="budget: {receptive_field: {min: 1000}}") == [True]


def test_a_spec_without_expected_values_has_no_verdicts() -> None:
    assert verdicts(CONV, top="") == []
    assert verdicts(CONV, top="expect: {}\nbudget: {}") == []


@pytest.mark.parametrize(
    "top",
    [
        "expect: {param: 3}",
        "expect: {params: many}",
        "expect: {params: [3]}",
        "expect: {params: }",
        "expect: {params: 25.6MB}",
        "expect: {output: wide}",
        "expect: {output: [4, 6.5]}",
        "expect: {output: []}",
        "expect: {receptive_field: most}",
        "expect: 3",
        "expect: [params]",
        "expect: {layers: {nobody: {params: 3}}}",
        "expect: {layers: {conv1: 3}}",
        "expect: {layers: 3}",
        "expect: {params: {max: 3}}",
        "budget: {params: {most: 3}}",
        "budget: {params: lots}",
        "budget: {params: {max: }}",
        "budget: {output: wide}",
        "budget: {output: [3, few]}",
        "budget: {depth: [3]}",
        "budget: {memory: 4MB}",
        "budget: {memory: {most: 4MB}}",
        "budget: {memory.peak: 4XB}",
        "budget: {params: 4MB}",
        "budget: {layers: {conv1: {depth: 3}}}",
        "budget: {layers: {conv2*: {params: 3}}}",
        "budget: {layers: {nobody: {params: 3}}}",
    ],
)
def test_an_invalid_expected_value_or_budget_is_refused(top: str) -> None:
    assert codes(CONV, top=top)


@pytest.mark.parametrize("huge", ["1e5000", "1e9999", "9" * 400])
@pytest.mark.parametrize(
    "top", ["expect: {params: N}", "budget: {params: {max: N}}", "budget: {params: {min: N}}"]
)
def test_a_huge_number_is_accepted_or_refused(top: str, huge: str) -> None:
    try:
        found = verdicts(CONV, top=top.replace("N", huge))
    except cnncalc.SpecError as error:
        found = [bool(error.problems)]
    assert len(found) == 1


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("output: [n * 2, 8, 8]", True),
        ("output: [6 + 0, 2 ** 3, 64 // 8]", True),
        ("output: [n * 3, 8, 8]", False),
        ("receptive_field: [n - 2, 1]", True),
        ("layers: {c: {output: [n + n, 8, 8]}}", True),
    ],
)
def test_a_claimed_shape_may_have_expressions(claim: str, holds: bool) -> None:
    layer = "{conv: n * 2, kernel: 1, name: c}"
    assert verdicts(layer, top=f"vars: {{n: 3}}\nexpect: {{{claim}}}") == [holds]


def test_a_claimed_shape_inside_a_block_sees_its_parameters() -> None:
    top = "blocks: {b: {params: [k], layers: [{conv: k, kernel: 1, expect: {output: [k, 8, input.height]}}]}}"
    assert verdicts("{use: b, k: 4}", "{use: b, k: 5}", top=top) == [True, True]


@pytest.mark.parametrize(
    "sizes", ["[n / 2, 8, 8]", "[0 * n, 8, 8]", "[m, 8, 8]", "[[n], 8, 8]", "[]", "[n, '']"]
)
def test_a_claimed_shape_has_positive_whole_numbers(sizes: str) -> None:
    top = f"vars: {{n: 3}}\nexpect: {{output: {sizes}}}"
    assert codes("relu", top=top)[0] in ("bad-claim", "expression")
