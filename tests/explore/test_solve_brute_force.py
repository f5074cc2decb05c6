"""`solve` finds every solution and no other: random layers against brute force in plain arithmetic."""

from functools import partial
from itertools import product
from math import inf
from random import Random

import pytest

import cnncalc
from tests.conftest import mostly_slow

Layer = dict[str, int]

solve = partial(cnncalc.solve, seconds=inf)
"""Without a time limit, at which a slow machine would find less."""

RANGES = {
    "filters": range(1, 17),
    "kernel": range(1, 8),
    "stride": range(1, 5),
    "padding": range(5),
    "dilation": range(1, 4),
    "groups": range(1, 5),
    "output_padding": range(3),
}
"""The values that brute force tries, to which conditions limit `solve`."""


def counted(layer: Layer, is_transposed: bool, channels: int, size: int) -> tuple[int, ...] | None:
    """Output channels and size, parameters, and MACs of a square layer; None if it is not valid."""
    filters, kernel, stride = layer["filters"], layer["kernel"], layer["stride"]
    padding, reach = layer["padding"], layer["dilation"] * (layer["kernel"] - 1) + 1
    if channels % layer["groups"] or filters % layer["groups"]:
        return None
    if is_transposed:
        if layer["output_padding"] >= max(stride, layer["dilation"]):
            return None
        out = (size - 1) * stride - 2 * padding + reach + layer["output_padding"]
    else:
        out = len(range(0, size + 2 * padding - reach + 1, stride))
    if out < 1:
        return None
    weights = filters * channels // layer["groups"] * kernel**2
    return filters, out, weights + filters, weights * (size if is_transposed else out) ** 2


def drawn(seed: int) -> tuple[Layer, bool, int, int, list[str], list[str]]:
    """A valid layer, whether it is transposed, its input, the hidden options and the targets."""
    draw = Random(seed)
    while True:
        is_transposed = draw.random() < 0.3
        layer = {name: draw.choice(RANGES[name]) for name in RANGES}
        channels, size = draw.choice((1, 3, 4, 8, 12)), draw.randint(3, 24)
        if not is_transposed:
            layer["output_padding"] = 0
        options = [name for name in layer if is_transposed or name != "output_padding"]
        hidden = draw.sample(options, draw.randint(1, 3))
        targets = draw.sample(("output", "params", "macs"), draw.randint(1, 2))
        if counted(layer, is_transposed, channels, size):
            return layer, is_transposed, channels, size, hidden, targets


@pytest.mark.parametrize("seed", mostly_slow(range(120), range(0, 120, 12)))
def test_solutions_are_those_of_brute_force(seed: int) -> None:
    layer, is_transposed, channels, size, hidden, targets = drawn(seed)

    def reached(values: Layer) -> tuple[int, ...] | None:
        found = counted(values, is_transposed, channels, size)
        return found and tuple(
            number for name, number in zip(("output", "output", "params", "macs"), found, strict=True)
            if name in targets
        )  # fmt: skip

    expected = {
        values
        for values in product(*(RANGES[name] for name in hidden))
        if reached({**layer, **dict(zip(hidden, values, strict=True))}) == reached(layer)
    }
    filters, out, params, macs = counted(layer, is_transposed, channels, size) or (0,) * 4
    kind = "conv_transpose" if is_transposed else "conv"
    written = {name: "?" if name in hidden else value for name, value in layer.items()}
    options = [f"{name}: {written[name]}" for name in list(RANGES)[1 : 7 if is_transposed else 6]]
    wanted = {"params": str(params), "macs": str(macs), "output": f"{filters}x{out}x{out}"}
    found = solve(
        f"{kind}: {written['filters']}, {', '.join(options)}",
        input=f"{channels}x{size}x{size}",
        layout="chw",
        where=[f"{name} <= {RANGES[name][-1]}" for name in hidden],
        most=10_000,
        seconds=120,
        **{name: wanted[name] for name in targets},  # type: ignore[arg-type]
    )
    assert found.is_complete
    assert {tuple(values[name] for name in hidden) for values in found.values} == expected
