"""Checks many specs: finds them, says what holds for each, and spreads the work where that pays."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from msgspec import Struct, structs

from cnncalc.checks.configuration import Configuration, nearest
from cnncalc.checks.discovery import Candidate, PassedOver, Search
from cnncalc.checks.requirement_files import FileRequirement, read_requirements, requirements_of
from cnncalc.checks.requirements import Requirement, WrongLimitError, limit_from_option
from cnncalc.checks.rules import ALL, DEFAULT, selected
from cnncalc.checks.single import Checked, Policy, Task, check_one, layer_names
from cnncalc.checks.unmatched import CheckedFile, unmatched
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.problems import Problem, Source, did_you_mean
from cnncalc.spec import MAX_LAYERS

TRIAL = 0.5
"""Seconds in which specs are checked one by one before it is worth asking how long the rest will take."""
WORTH = 1.0
"""Seconds of remaining work for which further processes pay: starting one takes a good tenth."""
CHUNKS = 8
"""Into how many parts each process' share of the work is cut, so that none waits long for another."""

Progress = Callable[[int, int], None]
"""Is told how many specs are done, and of how many."""


class Options(Struct, frozen=True):
    """What is asked for, over what configurations say; None and empty leave it to them."""

    expect: tuple[str, ...] = ()
    max: tuple[str, ...] = ()
    min: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    strict: bool | None = None
    notes: bool = False
    set: Mapping[str, str] | None = None
    input: str | None = None
    batch: int | None = None
    data_type: DataType | None = None
    optimizer: Optimizer | None = None
    max_layers: int = MAX_LAYERS
    skip_foreign: bool = False
    jobs: int | None = None
    text: Source | None = None
    """Standard input, which the path `-` stands for."""


class Results(Struct, frozen=True):
    """What became of every spec, in the order in which they were found, and of what limits them."""

    files: tuple[Checked, ...]
    passed_over: tuple[PassedOver, ...] = ()

    @property
    def specs(self) -> tuple[Checked, ...]:
        """The files that are specs."""
        return tuple(file for file in self.files if file.is_spec)

    @property
    def holds(self) -> bool:
        """Whether there is nothing for which the check fails."""
        return all(file.holds for file in self.files)

    def only_failures(self) -> "Results":
        """Without what does not make the check fail."""
        return Results(tuple(structs.replace(file, findings=file.failures) for file in self.files))


def check_paths(
    paths: Sequence[str | os.PathLike[str]] = (".",),
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
) -> Results:
    """What `cnncalc check` finds.

    Args:
        paths: files, folders, patterns such as `"nets/**/*.yaml"`, names of bundled specs.
        expect: files of claims and limits kept apart from the specs.
        max: limits on top of those that the specs and the project set, as `"params=5M"`.
        min: the same, from below: `"receptive_field=64"`.
        select: the rules to look for: codes, `"ALL"` or `"DEFAULT"`.
        ignore: codes of rules to leave out.
        strict: whether warnings count as failures; None leaves it to the configuration.
        notes: whether to keep what is only worth a note.
        set: other values for the specs' `vars`.
        jobs: processes to use; None for as many as pay.

    Raises:
        SpecError: a configuration or a file of claims is wrong.
        NothingFoundError: a path leads to nothing.
        WrongLimitError: a limit is none.

    >>> results = check_paths(["lenet5", "resnet50"], max=["params=30M"])
    >>> results.holds, [file.network for file in results.files]
    (True, ['LeNet-5', 'ResNet-50'])
    """
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
    )
    return run(tuple(os.fspath(path) for path in paths), options)


def run(paths: tuple[str, ...], options: Options, progress: Progress | None = None) -> Results:
    """As `check_paths`, with everything that can be asked for."""
    from_files = tuple(each for file in options.expect for each in read_requirements(file))
    requirements = tuple(
        limit_from_option(side, text)
        for side, texts in (("max", options.max), ("min", options.min))
        for text in texts
    )
    search = Search(options.skip_foreign)
    candidates = [_typed(options.text, search)] if "-" in paths and options.text else []
    for path in dict.fromkeys(paths):
        if path != "-" or not options.text:
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
    """Raises WrongLimitError for a limit of the command line on a layer that no network has."""
    built = [(task, file) for task, file in zip(tasks, files, strict=True) if file.network]
    for requirement in requirements:
        for limit in requirement.limits:
            if limit.layer and built and all(limit.layer in file.without for _, file in built):
                message = f"{requirement.origin}: no network that was checked has '{limit.layer}'"
                hint = did_you_mean(limit.layer, layer_names(built[0][0]))
                raise WrongLimitError(f"{message}; {hint}" if hint else message)


def _unseen(folder: PassedOver) -> Checked:
    """A folder that keeps its specs to itself: nobody shall think that they were checked."""
    problem = Problem("unreadable", folder.reason, None, "`exclude` in cnncalc.toml leaves it out")
    return Checked(folder.path, "", (problem,), (), Source(folder.path, ""), is_usable=False, is_spec=False)


def _silent(done: int, of: int) -> None:
    """No progress is shown."""


def _typed(text: Source, search: Search) -> Candidate:
    """Standard input, as if it were the file by whose name it is called."""
    file = Path(text.name)
    return Candidate(text.name, file, nearest(file.absolute().parent, search.known), text)


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
        input=options.input,
        max_layers=options.max_layers,
    )


def _policy(candidate: Candidate, options: Options, requirements: tuple[Requirement, ...]) -> Policy:
    """What is asked for, else what the configuration says; the limits of both."""
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
    """The result of each task; further processes are started where it was said or where it pays."""
    processes = jobs or _cores()
    start, done = time.perf_counter(), 0
    for done, task in enumerate(tasks, 1):
        if processes > 1 and (jobs or _pays(time.perf_counter() - start, done - 1, len(tasks))):
            done -= 1
            break
        yield check_one(task)
        progress(done, len(tasks))
    for number, result in enumerate(_spread(tasks[done:], processes), done + 1):
        yield result
        progress(number, len(tasks))


def _pays(seconds: float, done: int, of: int) -> bool:
    return seconds > TRIAL and seconds / max(done, 1) * (of - done) > WORTH


def _spread(tasks: list[Task], processes: int) -> Iterable[Checked]:
    """The results of tasks that several processes share, in their order."""
    if not tasks:
        return
    alone = sys.platform == "linux" and threading.active_count() == 1
    workers = min(processes, len(tasks))
    chunk = -(-len(tasks) // (workers * CHUNKS))
    with ProcessPoolExecutor(workers, get_context("fork" if alone else "spawn")) as pool:
        yield from pool.map(check_one, tasks, chunksize=chunk)


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
