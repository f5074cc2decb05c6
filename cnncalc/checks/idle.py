"""Limits of the project, and claims kept apart, that are about nothing: most often a typo."""

from collections.abc import Iterator

from msgspec import Struct

from cnncalc.checks.configuration import Configuration
from cnncalc.checks.demands import Demand
from cnncalc.checks.discovery import Candidate, Search
from cnncalc.checks.keys import Key
from cnncalc.checks.patterns import names
from cnncalc.checks.single import Checked, Policy
from cnncalc.graph import is_pattern
from cnncalc.problems import Place, Problem, Source

Idle = tuple[Source, Place, str, str]
"""Where it stands, what is said of it, and the way out."""


class Seen(Struct, frozen=True):
    """A file that was checked, what it was held against, and what came of it."""

    candidate: Candidate
    policy: Policy
    checked: Checked


def idle(seen: list[Seen], search: Search, keys: tuple[Key, ...]) -> tuple[Checked, ...]:
    """A warning for each, on the file where it stands.

    One spec by itself says little about a limit that is for all: that is only told of where specs
    were searched for.
    """
    seen = [each for each in seen if "idle-limit" in each.policy.codes]
    configurations = {id(each.candidate.configuration): each.candidate.configuration for each in seen}
    found = [each for one in configurations.values() for each in _of_configuration(one, search, seen)]
    found += _of_keys(keys, seen)
    by_file: dict[Source, list[Problem]] = {}
    for source, place, message, hint in found:
        by_file.setdefault(source, []).append(Problem("idle-limit", message, place, hint, "warning"))
    strict = any(each.policy.strict for each in seen)
    return tuple(
        Checked(source.name, "", tuple(problems), (), source, strict, is_spec=False)
        for source, problems in by_file.items()
    )


def _of_configuration(given: Configuration, search: Search, seen: list[Seen]) -> Iterator[Idle]:
    here = [each for each in seen if each.candidate.configuration is given]
    paths = [given.relative(each.candidate.file) for each in here]
    for budget in given.budgets:
        for pattern in budget.match if search.has_entered(given.folder) else ():
            if not any(names(pattern, path) for path in paths):
                hint = "a file's name, or with a `/` its path from this folder"
                yield given.source, budget.place, f"no spec is called '{pattern}'", hint
        if budget.match or search.is_wide:
            yield from _of_demand(budget.demand, given.source, here)


def _of_keys(keys: tuple[Key, ...], seen: list[Seen]) -> Iterator[Idle]:
    demanding = [key for key in keys if key.demand.claims or key.demand.limits]
    for source in dict.fromkeys(key.source for key in demanding):
        of_file = [key for key in demanding if key.source == source]
        if seen and not any(_covered(key.demand, seen) for key in of_file):
            hint = "under `specs` stand names of files, or patterns of them"
            yield source, of_file[0].place, "this is about none of the specs that were checked", hint
        for key in of_file:
            yield from _of_demand(key.demand, source, seen)


def _of_demand(demand: Demand, source: Source, seen: list[Seen]) -> Iterator[Idle]:
    """What none of the specs has that a demand is for; of names, what is not told at each spec."""
    covered = _covered(demand, seen)
    told = {claim.layer for claim in demand.claims} if not demand.is_picky else demand.about
    for layer, place in demand.about.items():
        if not is_pattern(layer) and layer in told:
            continue
        if covered and all(file.network and layer in file.without for file in covered):
            message = f"none of the specs that this is for has '{layer}'"
            yield source, place, message, "`cnncalc show SPEC` names the layers"


def _covered(demand: Demand, seen: list[Seen]) -> list[Checked]:
    return [each.checked for each in seen if any(one is demand for one in each.policy.demands)]
