"""Files of expected values and budgets, separate from the specs: `cnncalc check --expect FILE`.

expect: {…}                 # for every spec
budget: {…}
specs:
  lenet5.yaml: {expect: {params: 61706, layers: {conv1: {output: [6, 28, 28]}}}}
  "mobile*": {budget: {params: 5M}}
"""

from pathlib import Path

from msgspec import Struct, structs

from cnncalc.checks.configuration import ConfigurationError
from cnncalc.checks.patterns import names
from cnncalc.checks.requirements import Requirement, check_keys
from cnncalc.problems import Findings, Place, Problem, Source
from cnncalc.spec.claims import claims, limits
from cnncalc.spec.files import read_file
from cnncalc.spec.reader import Mapping, Node, read

PARTS = ("expect", "budget")


class FileRequirement(Struct, frozen=True):
    """The requirements of a file for specs that match `match`, or for all specs if it is empty."""

    match: str
    place: Place
    requirement: Requirement
    source: Source


def read_requirements(path: str) -> tuple[FileRequirement, ...]:
    """The requirements in a file, in order.

    Raises:
        SpecError: the file cannot be read or is not valid.
    """
    source = read_file(Path(path))
    root = read(source)
    findings = Findings()
    with findings.bounded(source):
        found = _read(root, structs.replace(source, name=path), findings)
    if findings.has_errors:
        raise ConfigurationError(findings.sorted(), source)
    return tuple(found)


def _read(root: Node, source: Source, findings: Findings) -> list[FileRequirement]:
    if not isinstance(root, Mapping):
        hint = "such as `expect: {params: 61706}`, or `specs: {lenet5.yaml: {expect: …}}`"
        findings.add(Problem("configuration", "the file has no expected values or budgets", root.place, hint))
        return []
    if root.get("cnncalc"):
        hint = "it may have `expect`, `budget` and `specs`, but no `cnncalc:` or `layers`"
        findings.add(
            Problem("configuration", "expected a file of expected values, found a spec", root.place, hint)
        )
        return []
    return _requirements(root, source, findings)


def _requirements(root: Mapping, source: Source, findings: Findings) -> list[FileRequirement]:
    check_keys(root, (*PARTS, "specs"), "a file of expected values", findings)
    found = [_requirement("", root, root.place, source, findings)]
    specs = root.get("specs")
    if specs is None:
        return found
    if not isinstance(specs, Mapping):
        message = "specs must be a mapping from file names or patterns"
        findings.add(Problem("configuration", message, specs.place, "such as `lenet5.yaml: {expect: …}`"))
        return found
    for name, part in specs.entries:
        if isinstance(part, Mapping):
            check_keys(part, PARTS, f"'{name.text}'", findings)
            found.append(_requirement(name.text, part, name.place, source, findings))
        else:
            message = f"missing `expect` or `budget` under '{name.text}'"
            findings.add(Problem("configuration", message, part.place, "such as `{expect: {params: 61706}}`"))
    return found


def _requirement(
    match: str, node: Mapping, place: Place, source: Source, findings: Findings
) -> FileRequirement:
    wanted = claims(node.get("expect"), "", findings)
    allowed = limits(node.get("budget"), "", findings)
    return FileRequirement(match, place, Requirement(source.name, wanted, allowed, bool(match)), source)


def requirements_of(given: tuple[FileRequirement, ...], path: str) -> tuple[Requirement, ...]:
    """The requirements for one spec."""
    return tuple(each.requirement for each in given if not each.match or names(each.match, path))
