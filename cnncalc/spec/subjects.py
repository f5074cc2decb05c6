"""Checks that `expect`, `budget` and `freeze` name layers that exist."""

from collections.abc import Iterable
from itertools import chain

from cnncalc.graph import is_pattern, matches_subtree, naming
from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.spec.claims import Claim, Limit
from cnncalc.spec.reader import Scalar
from cnncalc.spec.scope import Scope

NAMES_TO_SUGGEST = 2000
MAX_COMPARED = 500_000
"""Patterns of `expect`, `budget` and `freeze`, times names of layers."""


def too_many_patterns(named: Iterable[tuple[str, Place]], names: int) -> Problem | None:
    """An error if comparing the patterns among some names with all names of a network would take long."""
    patterns = [(len(name), place) for name, place in named if is_pattern(name)]
    length = sum(length for length, _ in patterns)
    if (len(patterns) + length // 100) * names <= MAX_COMPARED:
        return None
    message = f"{len(patterns):,} patterns ({length:,} characters) for {names:,} names are too many"
    hint = f"at most {max(MAX_COMPARED // names, 1):,} patterns with a * for a network of this size"
    return Problem("too-many-patterns", message, patterns[0][1], hint)


def check_subjects(
    claims: list[Claim], limits: list[Limit], freeze: tuple[Scalar, ...], scope: Scope, findings: Findings
) -> None:
    """Reports names and patterns that match nothing in the network, each once."""
    subjects = [(claim.layer, claim.place) for claim in claims]
    subjects += [(limit.layer, limit.place) for limit in limits]
    known = scope.all.by_name
    reported: set[str] = set()
    for layer, place in subjects:
        if not layer or layer in known or layer in reported:
            continue
        reported.add(layer)
        if layer in scope.all.left_out:
            message = f"{layer} is left out here, so no value is expected of it"
            hint = "remove it, or check the network with the condition that has it"
            findings.add(Problem("left-out", message, place, hint))
        elif not (is_pattern(layer) and any(map(naming(layer), known))):
            hint = did_you_mean(layer, list(known)[:NAMES_TO_SUGGEST])
            findings.add(Problem("unknown-layer", f"there is no layer '{layer}'", place, hint))
    for pattern in freeze:
        if not any(map(matches_subtree(pattern.text), chain(known, scope.all.left_out))):
            hint = did_you_mean(pattern.text.removesuffix(".*"), scope.layers())
            message = f"freeze: there is no layer '{pattern.text}'"
            findings.add(Problem("unknown-layer", message, pattern.place, hint))
