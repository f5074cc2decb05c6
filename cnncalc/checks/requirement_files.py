"""A file of claims and limits kept apart from the specs: `cnncalc check --expect FILE`.

expect: {…}                 # of every spec that is checked
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
from cnncalc.spec.reader import Mapping, read

PARTS = ("expect", "budget")


class FileRequirement(Struct, frozen=True):
    """What a file requires of the specs that `match` means; of every one where it is empty."""

    match: str
    place: Place
    requirement: Requirement
    source: Source


def read_requirements(path: str) -> tuple[FileRequirement, ...]:
    """The requirements of a file, in its order.

    Raises:
        SpecError: the file cannot be read, or is not as above.
    """
    source = read_file(Path(path))
    root = read(source)
    findings = Findings()
    found: list[FileRequirement] = []
    if not isinstance(root, Mapping):
        hint = "as in `expect: {params: 61706}`, or `specs: {lenet5.yaml: {expect: …}}`"
        findings.add(Problem("configuration", "this file demands nothing", root.place, hint))
    elif root.get("cnncalc"):
        hint = "it holds `expect`, `budget` and `specs`, without `cnncalc:` and layers"
        findings.add(Problem("configuration", "this is a spec, not a file of claims", root.place, hint))
    else:
        found = _requirements(root, structs.replace(source, name=path), findings)
    if findings.has_errors:
        raise ConfigurationError(findings.sorted(), source)
    return tuple(found)


def _requirements(root: Mapping, source: Source, findings: Findings) -> list[FileRequirement]:
    check_keys(root, (*PARTS, "specs"), "a file of claims", findings)
    found = [_requirement("", root, root.place, source, findings)]
    specs = root.get("specs")
    if specs is None:
        return found
    if not isinstance(specs, Mapping):
        message = "specs must be a mapping of file names or patterns"
        findings.add(Problem("configuration", message, specs.place, "as in `lenet5.yaml: {expect: …}`"))
        return found
    for name, part in specs.entries:
        if isinstance(part, Mapping):
            check_keys(part, PARTS, f"'{name.text}'", findings)
            found.append(_requirement(name.text, part, name.place, source, findings))
        else:
            message = f"'{name.text}' must have `expect` or `budget`"
            findings.add(Problem("configuration", message, part.place, "as in `{expect: {params: 61706}}`"))
    return found


def _requirement(
    match: str, node: Mapping, place: Place, source: Source, findings: Findings
) -> FileRequirement:
    wanted = claims(node.get("expect"), "", findings)
    allowed = limits(node.get("budget"), "", findings)
    return FileRequirement(match, place, Requirement(source.name, wanted, allowed, bool(match)), source)


def requirements_of(given: tuple[FileRequirement, ...], path: str) -> tuple[Requirement, ...]:
    """The requirements on one spec."""
    return tuple(each.requirement for each in given if not each.match or names(each.match, path))
