"""All lint rules: which are enabled, and what they find in a network.

To add a rule:

1. Add a module here named after its code. Its docstring is the published documentation; `find` yields a
   `Violation` for each place; `RULE` has an example that violates the rule, and the example fixed.
2. Add its `RULE` to `RULES`, in the order of listings.
3. Add cases that it must not report to the table in `tests/checks/test_rules.py`. These tests fail as long
   as something is missing.
"""

from collections.abc import Iterable

from cnncalc.checks.rules import (
    batch_in_shape,
    bias_before_norm,
    channels_like_height,
    checkerboard,
    does_nothing,
    dropout_last,
    norm_of_one_value,
    softmax_inside,
    stride_skips_input,
    unmixed_groups,
    unproductive_layers,
    unused_layer,
)
from cnncalc.checks.rules.base import NetworkView, Rule, Violation, network_of
from cnncalc.checks.rules.counting import COUNTING
from cnncalc.checks.rules.opinions import OPINIONS
from cnncalc.checks.rules.twice import ACTIVATION_TWICE, JOINED_TWICE, NORM_TWICE
from cnncalc.checks.rules.unused_names import UNUSED_BLOCK, UNUSED_VARIABLE
from cnncalc.problems import Problem

__all__ = ["BY_CODE", "RULES", "NetworkView", "Rule", "Violation", "lint", "network_of", "selected"]

RULES: tuple[Rule, ...] = (
    *COUNTING,
    unproductive_layers.RULE,
    bias_before_norm.RULE,
    unused_layer.RULE,
    UNUSED_BLOCK,
    UNUSED_VARIABLE,
    channels_like_height.RULE,
    batch_in_shape.RULE,
    unmixed_groups.RULE,
    softmax_inside.RULE,
    dropout_last.RULE,
    ACTIVATION_TWICE,
    NORM_TWICE,
    JOINED_TWICE,
    norm_of_one_value.RULE,
    does_nothing.RULE,
    stride_skips_input.RULE,
    checkerboard.RULE,
    *OPINIONS,
)

BY_CODE = {rule.code: rule for rule in RULES}
CHECKED = ("expectation", "budget", "unmatched", "model-not-imported")
"""Codes of expected values, budgets and models: not lint rules, but they can be ignored like rules."""
ALL, DEFAULT = "ALL", "DEFAULT"


def selected(select: Iterable[str], ignore: Iterable[str]) -> frozenset[str]:
    """The enabled codes: the selected ones (or the default), without the ignored ones."""
    chosen: set[str] = set(CHECKED)
    for word in tuple(select) or (DEFAULT,):
        chosen |= {
            rule.code for rule in RULES if word in (rule.code, ALL) or (word == DEFAULT and rule.default)
        }
    return frozenset(chosen - set(ignore))


def lint(network: NetworkView, codes: frozenset[str]) -> list[Problem]:
    """The findings of the rules with these codes, each once per place."""
    found: dict[object, Problem] = {}
    for rule in RULES:
        if rule.find is None or rule.code not in codes:
            continue
        for each in rule.find(network):
            problem = Problem(rule.code, each.message, each.place, each.hint, rule.level, each.layer)
            found.setdefault((rule.code, each.place or each.message), problem)
    return list(found.values())
