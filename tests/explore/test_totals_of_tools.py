"""Totals of bundled networks as six tools print them: each is explained by its tool first.

`totals_of_tools.json` has the versions of the tools, what made each network, and what they printed for it:
`record_totals.py` ran them on every bundled network that torchvision or timm has. A few more networks are
those that `cnncalc export` writes.
"""

import json
from math import inf
from pathlib import Path
from typing import NamedTuple

import pytest

import cnncalc
from cnncalc.explore.reconcile import reconcile
from tests.conftest import mostly_slow


class Recorded(NamedTuple):
    """What the tools printed for the model of a network."""

    network: str
    made_by: str
    totals: dict[str, int]


FILE = Path(__file__).parent / "totals_of_tools.json"
RECORDS = [
    Recorded(each["network"], each["made by"], each["totals"])
    for each in json.loads(FILE.read_text(encoding="utf-8"))["records"]
]
ASKED = {
    "thop": ("macs", "thop"),
    "ptflops": ("macs", "ptflops"),
    "torchinfo": ("macs", "torchinfo"),
    "fvcore": ("flops", "fvcore"),
    "torch": ("flops", "torch.utils.flop_counter"),
    "calflops": ("flops", "calflops"),
}
"""What each tool calls its total, and its name in explanations."""


def test_every_network_of_two_libraries_is_recorded_with_every_tool() -> None:
    networks = {each.network for each in RECORDS if each.made_by.startswith(("torchvision", "timm"))}
    assert len(networks) >= 40
    assert all(each.totals.keys() == ASKED.keys() for each in RECORDS)


@pytest.mark.parametrize(
    "recorded", mostly_slow(RECORDS, (1, 17, 33)), ids=lambda each: f"{each.network}, {each.made_by}"
)
def test_the_right_tool_is_first(recorded: Recorded) -> None:
    spec = cnncalc.load(recorded.network)
    for tool, total in recorded.totals.items():
        quantity, named = ASKED[tool]
        (answer,) = reconcile(spec, f"{quantity}={total}", most=1, seconds=inf)
        first = answer.explanations[0]
        assert answer.fits, f"{tool}: nothing adds up to {total}; {first.sum.title} is {first.sum.total}"
        assert not first.change, f"{tool}: {first.sum.title} {first.change}"
        assert sum(part.value for part in first.sum.parts) == total
        assert any(f" by {named}" in title for title in (first.sum.title, *first.also)), first.sum.title
