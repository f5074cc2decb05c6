"""Limits on the command line: their notation and their layers."""

from pathlib import Path

import pytest

from cnncalc.checks.requirements import WrongLimitError, limit_from_option
from tests.checks.conftest import NET, messages


@pytest.mark.parametrize(
    ("side", "text", "message"),
    [
        ("max", "params", "--max: expected QUANTITY=VALUE such as params=5M, found 'params'"),
        ("max", "=5M", "--max: expected QUANTITY=VALUE such as params=5M, found '=5M'"),
        ("max", "parms=5M", "--max parms=5M: unknown quantity 'parms'; did you mean 'params'?"),
        (
            "min",
            "params=",
            "--min params=: the budget for params must be a number of at least 0; such as 26M",
        ),
        (
            "max",
            "params=[3]",
            "--max params=[3]: the budget for params must be a number of at least 0; such as 26M",
        ),
        (
            "min",
            "params=-3",
            "--min params=-3: the budget for params must be a number of at least 0; such as 26M",
        ),
        (
            "max",
            "memory=3",
            "--max memory=3: unknown quantity 'memory'; one of memory.parameters, memory.buffers, "
            "memory.activations, memory.peak, memory.inference, memory.training",
        ),
        (
            "max",
            "stem:depth=3",
            "--max stem:depth=3: depth is a quantity of the whole network, not of a layer; "
            "put it next to `layers`, not inside",
        ),
    ],
)
def test_an_invalid_limit_is_refused(side: str, text: str, message: str) -> None:
    with pytest.raises(WrongLimitError) as caught:
        limit_from_option(side, text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "layer", "quantity"),
    [
        ("params=5M", "", "params"),
        ("stage4.*:macs=1G", "stage4.*", "macs"),
        (" memory.peak = 16 MiB", "", "memory.peak"),
        ("output=[64, 56, 56]", "", "output"),
        ("output=64,56,56", "", "output"),
        ("receptive_field=64x32", "", "receptive_field"),
    ],
)
def test_a_valid_limit_is_parsed(text: str, layer: str, quantity: str) -> None:
    (limit,) = limit_from_option("max", text).limits
    assert (limit.layer, limit.quantity) == (layer, quantity)
    assert limit.max is not None


def test_a_limit_on_an_unknown_layer_is_refused(project: Path) -> None:
    (project / "other.yaml").write_text(NET.replace("stem", "root"), encoding="utf-8")
    assert messages(".", max=["root:params=112"]) == []
    with pytest.raises(WrongLimitError, match=r"--max stme:params=3: there is no layer 'stme' in any"):
        messages(".", max=["stme:params=3"])
