"""Reports budgets and expected values that match no spec or layer, most often because of a typo."""

from collections.abc import Iterator

from msgspec import Struct

from cnncalc.checks.configuration import Configuration
from cnncalc.checks.discovery import Candidate, Search
from cnncalc.checks.patterns import names
from cnncalc.checks.requirement_files import FileRequirement
from cnncalc.checks.requirements import Requirement
from cnncalc.checks.single import Checked, Policy
from cnncalc.graph import is_pattern
from cnncalc.problems import Place, Problem, Source

Unmatched = tuple[Source, Place, str, str]
"""The place, the message, and the hint."""


class CheckedFile(Struct, frozen=True):
    """A file that was checked, its requirements, and the result."""

    candidate: Candidate
    policy: Policy
    checked: Checked


def unmatched(
    seen: list[CheckedFile], search: Search, given: tuple[FileRequirement, ...]
) -> tuple[Checked, ...]:
    """A warning for each, in the file that contains it.

    Requirements for all specs are only reported after a search, because a single spec need not have
    their layers.
    """
    seen = [each for each in seen if "unmatched" in each.policy.codes]
    configurations = {id(each.candidate.configuration): each.candidate.configuration for each in seen}
    found = [each for one in configurations.values() for each in _of_configuration(one, search, seen)]
    found += _of_files(given, seen)
    by_file: dict[Source, list[Problem]] = {}
    for source, place, message, hint in found:
        by_file.setdefault(source, []).append(Problem("unmatched", message, place, hint, "warning"))
    strict = any(each.policy.strict for each in seen)
    return tuple(
        Checked(source.name, "", tuple(problems), (), source, strict, is_spec=False)
        for source, problems in by_file.items()
    )


def _of_configuration(given: Configuration, search: Search, seen: list[CheckedFile]) -> Iterator[Unmatched]:
    here = [each for each in seen if each.candidate.configuration is given]
    paths = [given.relative(each.candidate.file) for each in here]
    for budget in given.budgets:
        for pattern in budget.match if search.has_entered(given.folder) else ():
            if not any(names(pattern, path) for path in paths):
                hint = "use a file name, or a path relative to this folder (with a `/`)"
                yield given.source, budget.place, f"no spec matches '{pattern}'", hint
        if budget.match or search.is_wide:
            yield from _of_requirement(budget.requirement, given.source, here)


def _of_files(given: tuple[FileRequirement, ...], seen: list[CheckedFile]) -> Iterator[Unmatched]:
    from_files = [each for each in given if each.requirement.claims or each.requirement.limits]
    for source in dict.fromkeys(one.source for one in from_files):
        of_file = [one for one in from_files if one.source == source]
        if seen and not any(_covered(one.requirement, seen) for one in of_file):
            hint = "`specs` is a mapping from file names or patterns"
            yield source, of_file[0].place, "no spec that was checked matches this", hint
        for one in of_file:
            yield from _of_requirement(one.requirement, source, seen)


def _of_requirement(requirement: Requirement, source: Source, seen: list[CheckedFile]) -> Iterator[Unmatched]:
    """The names that no spec has, except those already reported for each spec."""
    covered = _covered(requirement, seen)
    reported = (
        {claim.layer for claim in requirement.claims} if not requirement.is_picky else requirement.about
    )
    for layer, place in requirement.about.items():
        if not is_pattern(layer) and layer in reported:
            continue
        if covered and all(file.network and layer in file.without for file in covered):
            message = f"there is no layer '{layer}' in any of the specs"
            yield source, place, message, "`cnncalc show SPEC` lists the layers"


def _covered(requirement: Requirement, seen: list[CheckedFile]) -> list[Checked]:
    return [each.checked for each in seen if any(one is requirement for one in each.policy.requirements)]
