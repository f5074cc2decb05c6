"""Checks many specs: finds them, checks each, and uses several processes where that saves time."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from msgspec import Struct, structs

from cnncalc.checks.configuration import Configuration
from cnncalc.checks.discovery import Candidate, PassedOver, Search
from cnncalc.checks.processes import cores, spread
from cnncalc.checks.requirement_files import FileRequirement, read_requirements, requirements_of
from cnncalc.checks.requirements import Requirement, WrongLimitError, limit_from_option
from cnncalc.checks.rules import ALL, DEFAULT, selected
from cnncalc.checks.single import Checked, Policy, Task, check_one, killed, layer_names
from cnncalc.checks.unmatched import CheckedFile, unmatched
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.interchange.models import is_model_to_import, model_text
from cnncalc.printed import plural
from cnncalc.problems import Problem, Source, did_you_mean
from cnncalc.spec import MAX_LAYERS, Shapes

TRIAL = 0.5
"""Seconds to check specs in one process before estimating the remaining time."""
WORTH = 1.0
"""Seconds of remaining work above which more processes save time; starting one takes over 0.1 s."""

Progress = Callable[[int, int], None]
"""Progress callback: called with the number of specs done and the total."""


class Options(Struct, frozen=True):
    """Options of a check, which override configurations; None and empty use the configuration."""

    expect: tuple[str, ...] = ()
    max: tuple[str, ...] = ()
    min: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool | None = None
    notes: bool = False
    set: Mapping[str, str] | None = None
    input: Shapes | None = None
    batch: int | None = None
    data_type: DataType | None = None
    optimizer: Optimizer | None = None
    max_layers: int = MAX_LAYERS
    skip_foreign: bool = False
    jobs: int | None = None
    against: str = ""
    against_models: bool = False
    text: Source | None = None
    """Standard input, for the path `-`."""


class Results(Struct, frozen=True):
    """The results for all specs in the order found, and for files of budgets and expected values."""

    files: tuple[Checked, ...]
    passed_over: tuple[PassedOver, ...] = ()

    def __repr__(self) -> str:
        failed = sum(not file.holds for file in self.files)
        return f"<Results: {plural(len(self.files), 'file')} checked, {failed} failed>"

    @property
    def specs(self) -> tuple[Checked, ...]:
        """The files that are specs."""
        return tuple(file for file in self.files if file.is_spec)

    @property
    def holds(self) -> bool:
        """Whether the check passes."""
        return all(file.holds for file in self.files)

    def only_failures(self) -> "Results":
        """The results without findings that do not fail the check."""
        return Results(tuple(structs.replace(file, findings=file.failures) for file in self.files))


def check_paths(
    paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (".",),
    *,
    expect: str | Sequence[str] = (),
    max: Sequence[str] = (),
    min: Sequence[str] = (),
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    strict: bool | None = None,
    notes: bool = False,
    set: Mapping[str, str] | None = None,
    jobs: int | None = 1,
    against: str = "",
    against_models: bool = False,
) -> Results:
    """Checks specs like `cnncalc check`.

    Args:
        paths: one or several: files, folders, patterns such as `"nets/**/*.yaml"`, names of bundled specs.
        expect: separate files of expected values and budgets.
        max: additional upper limits, such as `"params=5M"`.
        min: additional lower limits, such as `"receptive_field=64"`.
        select: rules to check: codes, `"ALL"` or `"DEFAULT"`.
        ignore: codes of rules to ignore.
        strict: whether warnings count as failures; default: as configured.
        notes: whether to keep notes.
        set: values that override the specs' `vars`.
        jobs: number of processes, at most one per processor; None: as many as save time.
        against: `package.module:name` of a PyTorch model that the specs must match; it is imported and run.
        against_models: whether to import and run the models that specs name, and compare each with its spec.

    Raises:
        SpecError: a configuration or a file of expected values is not valid.
        NothingFoundError: a path matches no spec.
        WrongLimitError: a limit is not valid.

    >>> results = check_paths(["lenet5", "resnet50"], max=["params=30M"])
    >>> results.holds, [file.network for file in results.files]
    (True, ['LeNet-5', 'ResNet-50'])
    """
    if isinstance(paths, str | os.PathLike):
        paths = (paths,)
    if not isinstance(paths, Sequence):
        raise TypeError(f"expected a path, a bundled name or a list of them; found {type(paths).__name__}")
    options = Options(
        expect=(expect,) if isinstance(expect, str) else tuple(expect),
        max=tuple(max),
        min=tuple(min),
        select=tuple(select),
        ignore=tuple(ignore),
        strict=strict,
        notes=notes,
        set=set,
        jobs=jobs,
        against=against,
        against_models=against_models,
    )
    return run(tuple(os.fspath(path) for path in paths), options)


def run(paths: tuple[str, ...], options: Options, progress: Progress | None = None) -> Results:
    """Like `check_paths`, with all options."""
    from_files = tuple(each for file in options.expect for each in read_requirements(file))
    requirements = tuple(
        limit_from_option(side, text)
        for side, texts in (("max", options.max), ("min", options.min))
        for text in texts
    )
    search = Search(options.skip_foreign)
    candidates = [_typed(options.text, search)] if "-" in paths and options.text else []
    for path in dict.fromkeys(paths):
        if is_model_to_import(path):
            candidates.append(_imported(path, options, search))
        elif path != "-" or not options.text:
            search.add(path)
    candidates += search.candidates
    tasks = [_task(candidate, options, from_files, requirements) for candidate in candidates]
    files = tuple(_in_order(tasks, options.jobs, progress or _silent))
    _check_layers(requirements, tasks, files)
    if not options.skip_foreign:
        seen = zip(candidates, tasks, files, strict=True)
        files += unmatched(
            [CheckedFile(one, task.policy, file) for one, task, file in seen], search, from_files
        )
    return Results((*files, *map(_unseen, search.closed)), tuple(search.passed_over))


def _check_layers(
    requirements: tuple[Requirement, ...], tasks: list[Task], files: tuple[Checked, ...]
) -> None:
    """Raises WrongLimitError for a `--max` or `--min` of a layer that no network has."""
    built = [(task, file) for task, file in zip(tasks, files, strict=True) if file.network]
    for requirement in requirements:
        for limit in requirement.limits:
            if limit.layer and built and all(limit.layer in file.without for _, file in built):
                message = f"{requirement.origin}: there is no layer '{limit.layer}' in any of the specs"
                hint = did_you_mean(limit.layer, layer_names(built[0][0]))
                raise WrongLimitError(f"{message}; {hint}" if hint else message)


def _unseen(folder: PassedOver) -> Checked:
    """An error for a folder that cannot be read, because its specs were not checked."""
    problem = Problem("unreadable", folder.reason, None, "add it to `exclude` in cnncalc.toml to skip it")
    return Checked(folder.path, "", (problem,), (), Source(folder.path, ""), is_usable=False, is_spec=False)


def _silent(done: int, of: int) -> None:
    """A progress callback that shows nothing."""


def _imported(name: str, options: Options, search: Search) -> Candidate:
    """The spec of a PyTorch model that the call itself names; raises SpecError."""
    shapes = {"": options.input} if isinstance(options.input, str) else options.input
    text, _ = model_text(name, input=shapes)
    return Candidate(name, Path(name), search.configuration_in(Path.cwd()), text, is_model=True)


def _typed(text: Source, search: Search) -> Candidate:
    """Standard input as a file with the given name."""
    file = Path(text.name)
    return Candidate(text.name, file, search.configuration_in(Path(os.path.abspath(file)).parent), text)


def _task(
    candidate: Candidate,
    options: Options,
    from_files: tuple[FileRequirement, ...],
    requirements: tuple[Requirement, ...],
) -> Task:
    return Task(
        path=candidate.path,
        file=candidate.file,
        policy=_policy(candidate, options, (*requirements_of(from_files, candidate.path), *requirements)),
        text=candidate.text,
        set=options.set,
        input=None if candidate.is_model else options.input,
        max_layers=options.max_layers,
        against=options.against,
        against_models=options.against_models,
    )


def _policy(candidate: Candidate, options: Options, requirements: tuple[Requirement, ...]) -> Policy:
    """The options, with defaults from the configuration; the budgets of both."""
    given: Configuration = candidate.configuration
    select = options.select or given.select
    return Policy(
        codes=selected(select, options.ignore or given.ignore),
        asked_for=frozenset(select) - {ALL, DEFAULT},
        notes=options.notes,
        strict=given.strict if options.strict is None else options.strict,
        requirements=(*given.requirements_of(candidate.file), *requirements),
        batch=options.batch or given.batch,
        data_type=options.data_type or given.data_type,
        optimizer=options.optimizer or given.optimizer,
    )


def _in_order(tasks: list[Task], jobs: int | None, progress: Progress) -> Iterator[Checked]:
    """The result of each task; uses more processes if requested or if that saves time."""
    runs_models = any(task.runs_model for task in tasks)
    processes = 1 if runs_models and not jobs else min(jobs or cores(), cores())  # each would import PyTorch
    start, done = time.perf_counter(), 0
    for done, task in enumerate(tasks, 1):
        if processes > 1 and (jobs or _pays(time.perf_counter() - start, done - 1, len(tasks))):
            done -= 1
            break
        yield check_one(task)
        progress(done, len(tasks))
    rest = tasks[done:]
    if rest:
        with closing(spread(check_one, rest, processes, killed, is_threaded=runs_models)) as results:
            for number, result in enumerate(results, done + 1):
                yield result
                progress(number, len(tasks))


def _pays(seconds: float, done: int, of: int) -> bool:
    return seconds > TRIAL and seconds / max(done, 1) * (of - done) > WORTH
