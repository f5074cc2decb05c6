"""The project's budgets and settings: `cnncalc.toml`, or `[tool.cnncalc]` in pyproject.toml."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, structs

from cnncalc.checks.patterns import names
from cnncalc.checks.requirements import Requirement, check_keys
from cnncalc.checks.rules import ALL, BY_CODE, CHECKED, DEFAULT
from cnncalc.checks.toml import BrokenTomlError, parse
from cnncalc.datatypes import BYTES, STATES, DataType, Optimizer
from cnncalc.problems import Findings, Place, Problem, Source, SpecError, did_you_mean
from cnncalc.shapes import LARGEST
from cnncalc.spec.claims import limits
from cnncalc.spec.files import read_file
from cnncalc.spec.reader import Mapping, Node, Scalar, Sequence
from cnncalc.spec.values import literal

FILE, SHARED = "cnncalc.toml", "pyproject.toml"
SETTINGS = ("include", "exclude", "strict", "select", "ignore", "batch", "dtype", "optimizer", "budgets")

T = TypeVar("T")


class ConfigurationError(SpecError):
    """An error in a configuration or in a file of expected values."""


class Budget(Struct, frozen=True):
    """Budgets for the specs that match one of the patterns at `place`; without patterns, for all."""

    match: tuple[str, ...]
    place: Place
    requirement: Requirement


class Configuration(Struct, frozen=True):
    """A project's settings for its specs. Patterns are relative to `folder`."""

    folder: Path = Path()
    include: tuple[str, ...] = ("*.yaml", "*.yml")
    exclude: tuple[str, ...] = ()
    strict: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    batch: int = 1
    data_type: DataType = "float32"
    optimizer: Optimizer = "sgd"
    budgets: tuple[Budget, ...] = ()
    source: Source = Source("", "")

    def relative(self, path: Path) -> str:
        """A path relative to the folder, as patterns match it."""
        absolute = Path(os.path.abspath(path))
        inside = absolute.is_relative_to(self.folder)
        return (absolute.relative_to(self.folder) if inside else absolute).as_posix()

    def requirements_of(self, path: Path) -> tuple[Requirement, ...]:
        """The budgets for one spec."""
        seen = self.relative(path)
        return tuple(
            budget.requirement
            for budget in self.budgets
            if not budget.match or any(names(pattern, seen) for pattern in budget.match)
        )


Known = dict[tuple[Path, Path], Configuration]
"""The configurations found so far, by the topmost folder that was searched and the folder."""


def limit_of(folder: Path) -> Path:
    """The topmost folder whose configuration applies to a folder that is checked.

    This is the top of the repository; outside of one, the current folder if the folder is in it, else the
    folder itself. What others put further up, such as in `/tmp`, does not count.
    """
    for each in (folder, *folder.parents):
        if os.path.exists(each / ".git"):
            return each
    here = Path.cwd()
    return here if folder.is_relative_to(here) else folder


def nearest(folder: Path, known: Known, limit: Path | None = None) -> Configuration:
    """The configuration for a folder: the nearest one in it or above, up to `limit`, or `limit_of(folder)`.

    Results are cached in `known`.

    Raises:
        SpecError: the configuration cannot be read or is not valid.
    """
    limit, below = limit or limit_of(folder), []
    while (limit, folder) not in known:
        below.append(folder)
        found = _own(folder)
        is_top = folder in (limit, folder.parent) or os.path.exists(folder / ".git")
        if found is not None or is_top:
            known[limit, folder] = found or Configuration()
        else:
            folder = folder.parent
    for each in below:
        known[limit, each] = known[limit, folder]
    return known[limit, folder]


def _own(folder: Path) -> Configuration | None:
    for file, base in ((folder / FILE, ()), (folder / SHARED, ("tool", "cnncalc"))):
        found = (
            read_configuration(file, base) if os.path.isfile(file) else None
        )  # no permission to read the folder
        if found is not None:
            return found
    return None


def read_configuration(file: Path, base: tuple[str, ...] = ()) -> Configuration | None:
    """The configuration in a file; None if the file has no section `base`.

    Raises:
        SpecError: the configuration cannot be read or is not valid.
    """
    source = read_file(file, _shown(file))
    findings = Findings()
    try:
        node: Node | None = parse(source)
    except BrokenTomlError as error:
        if base and "cnncalc" not in source.text:
            return None
        raise ConfigurationError([error.problem], source) from None
    for part in base:
        node = node.get(part) if isinstance(node, Mapping) else None
    if node is None:
        return None
    with findings.bounded(source):
        found = structs.replace(_configuration(node, file, findings), source=source)
    if findings.has_errors:
        raise ConfigurationError(findings.sorted(), source)
    return found


def _configuration(node: Node, file: Path, findings: Findings) -> Configuration:
    if not isinstance(node, Mapping):
        findings.add(Problem("configuration", "expected a table", node.place, "[tool.cnncalc]"))
        return Configuration()
    check_keys(node, SETTINGS, "the configuration", findings)
    default = Configuration()

    def setting(name: str, reader: Callable[[Node, str, Findings], T | None], other: T) -> T:
        given = node.get(name)
        value = None if given is None else reader(given, name, findings)
        return other if value is None else value

    return Configuration(
        folder=file.absolute().parent,
        include=setting("include", _words, default.include),
        exclude=setting("exclude", _words, default.exclude),
        strict=setting("strict", _truth, default.strict),
        select=setting("select", _codes, default.select),
        ignore=setting("ignore", _codes, default.ignore),
        batch=setting("batch", _count, default.batch),
        data_type=setting("dtype", _one_of(tuple(BYTES)), default.data_type),
        optimizer=setting("optimizer", _one_of(tuple(STATES)), default.optimizer),
        budgets=_budgets(node.get("budgets"), _shown(file), findings),
    )


def _shown(file: Path) -> str:
    here = Path.cwd()
    absolute = file.absolute()
    return (absolute.relative_to(here) if absolute.is_relative_to(here) else absolute).as_posix()


def _wrong(name: str, takes: str, place: Place, findings: Findings, hint: str = "") -> None:
    findings.add(Problem("configuration", f"{name} must be {takes}", place, hint))


def _words(node: Node, name: str, findings: Findings) -> tuple[str, ...] | None:
    items = node.items if isinstance(node, Sequence) else (node,)
    words = [item.text for item in items if isinstance(item, Scalar) and not item.plain]
    if len(words) == len(items):
        return tuple(words)
    _wrong(name, "a list of strings", node.place, findings, f'such as {name} = ["mobile*.yaml"]')
    return None


def _codes(node: Node, name: str, findings: Findings) -> tuple[str, ...] | None:
    words = _words(node, name, findings) or ()
    for word in words:
        if problem := wrong_code(word, name):
            findings.add(Problem("configuration", problem[0], node.place, problem[1]))
    return words


def wrong_code(word: str, option: str) -> tuple[str, str] | None:
    """The problem with a code to select or ignore, and a hint; both empty for a known code."""
    known = [*BY_CODE, *CHECKED, *((ALL, DEFAULT) if option.endswith("select") else ())]
    if word in known:
        return None
    hint = did_you_mean(word, known) or "`cnncalc rule` lists all rules"
    return f"{option}: unknown rule '{word}'", hint


def _truth(node: Node, name: str, findings: Findings) -> bool | None:
    value = literal(node.text) if isinstance(node, Scalar) and node.plain else None
    if isinstance(value, bool):
        return value
    _wrong(name, "true or false", node.place, findings)
    return None


def _count(node: Node, name: str, findings: Findings) -> int | None:
    value = literal(node.text) if isinstance(node, Scalar) else None
    if type(value) is int and 0 < value <= LARGEST:
        return value
    _wrong(name, f"a whole number from 1 to {LARGEST:,}", node.place, findings)
    return None


def _one_of(words: tuple[T, ...]) -> Callable[[Node, str, Findings], T | None]:
    def read(node: Node, name: str, findings: Findings) -> T | None:
        text = node.text if isinstance(node, Scalar) else ""
        if text not in words:
            _wrong(name, "one of " + ", ".join(map(str, words)), node.place, findings)
        return next((word for word in words if word == text), None)

    return read


def _budgets(node: Node | None, origin: str, findings: Findings) -> tuple[Budget, ...]:
    if node is None:
        return ()
    tables = [item for item in node.items if isinstance(item, Mapping)] if isinstance(node, Sequence) else []
    if not isinstance(node, Sequence) or len(tables) < len(node.items):
        _wrong("budgets", "a list of tables", node.place, findings, "start each one with [[budgets]]")
    return tuple(_budget(table, origin, findings) for table in tables)


def _budget(table: Mapping, origin: str, findings: Findings) -> Budget:
    match = table.get("match")
    others = tuple(entry for entry in table.entries if entry[0].text != "match")
    found = limits(Mapping(others, table.line, table.column), "", findings)
    patterns = (_words(match, "match", findings) or ()) if match else ()
    place = match.place if match else table.place
    if not others:
        hint = 'such as params = "5M"'
        findings.add(Problem("configuration", "the budget is empty", table.place, hint))
    return Budget(patterns, place, Requirement(origin, limits=found, is_picky=bool(patterns)))
