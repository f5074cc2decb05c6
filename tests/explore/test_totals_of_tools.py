"""Totals of bundled networks as six tools print them: each is explained by its tool first.

`totals_of_tools.json` has the versions of the tools, what made each network, and what they printed.
"""

import json
from pathlib import Path

import pytest

import cnncalc
from cnncalc.explore.reconcile import reconcile
from tests.conftest import mostly_slow

RECORDED = json.loads((Path(__file__).parent / "totals_of_tools.json").read_text(encoding="utf-8"))[
    "networks"
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
OTHERWISE = {
    *("deeplabv3_resnet50", "fcn_resnet50"),  # made without the auxiliary head of the spec
    *("vit_b_16", "swin_t", "maxvit_t"),  # the tools see attention only in part
    *(
        "ghostnet",
        "convnext_tiny",
        "convnext_v2_tiny",
        "mobilenet_v1",
    ),  # modules that a tool counts otherwise
}
"""Networks of which a total of at least one tool is not explained."""
NETWORKS = sorted(RECORDED.keys() - OTHERWISE)


def test_most_networks_are_explained() -> None:
    assert len(NETWORKS) >= 40


@pytest.mark.parametrize("name", mostly_slow(NETWORKS, (1, 16, 17, 26)))
def test_the_right_tool_is_first(name: str) -> None:
    spec = cnncalc.load(name)
    for tool, total in RECORDED[name]["totals"].items():
        quantity, named = ASKED[tool]
        (answer,) = reconcile(spec, f"{quantity}={total}", most=1)
        first = answer.explanations[0]
        assert answer.fits, f"{tool}: nothing adds up to {total}; {first.sum.title} is {first.sum.total}"
        assert not first.change, f"{tool}: {first.sum.title} {first.change}"
        assert any(f" by {named}" in title for title in (first.sum.title, *first.also)), tool
