"""Limits of the command line: how they are written, and what they are about."""

from pathlib import Path

import pytest

from cnncalc.checks.requirements import WrongLimitError, limit_from_option
from tests.checks.conftest import NET, messages


@pytest.mark.parametrize(
    ("side", "text", "said"),
    [
        ("max", "params", "--max takes QUANTITY=VALUE, as in --max params=5M; found 'params'"),
        ("max", "=5M", "--max takes QUANTITY=VALUE, as in --max params=5M; found '=5M'"),
        ("max", "parms=5M", "--max parms=5M: nothing is counted as 'parms'; did you mean 'params'?"),
        ("min", "params=", "--min params=: the limit on params must be a number of at least 0; as in 26M"),
        (
            "max",
            "params=[3]",
            "--max params=[3]: the limit on params must be a number of at least 0; as in 26M",
        ),
        (
            "min",
            "params=-3",
            "--min params=-3: the limit on params must be a number of at least 0; as in 26M",
        ),
        (
            "max",
            "memory=3",
            "--max memory=3: nothing is counted as 'memory'; one of memory.parameters, memory.buffers, "
            "memory.activations, memory.peak, memory.inference, memory.training",
        ),
        (
            "max",
            "stem:depth=3",
            "--max stem:depth=3: depth is counted of the whole network, not of a layer; "
            "put it beside `layers`",
        ),
    ],
)
def test_a_limit_that_is_none(side: str, text: str, said: str) -> None:
    with pytest.raises(WrongLimitError) as caught:
        limit_from_option(side, text)
    assert str(caught.value) == said


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
def test_a_limit_of_the_command_line(text: str, layer: str, quantity: str) -> None:
    (limit,) = limit_from_option("max", text).limits
    assert (limit.layer, limit.quantity) == (layer, quantity)
    assert limit.max is not None


def test_a_limit_on_a_layer_that_no_network_has_is_said(project: Path) -> None:
    (project / "other.yaml").write_text(NET.replace("stem", "root"), encoding="utf-8")
    assert messages(".", max=["root:params=112"]) == []
    with pytest.raises(WrongLimitError, match=r"--max stme:params=3: no network that was checked has 'stme'"):
        messages(".", max=["stme:params=3"])
