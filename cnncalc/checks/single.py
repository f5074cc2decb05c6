"""Checks one spec: reads and builds it, then checks expected values, budgets and rules."""

import traceback
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, structs

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.checks import check
from cnncalc.checks.against import has_declared, least_different, shapes_for
from cnncalc.checks.comments import Ignored
from cnncalc.checks.requirements import (
    NAMES_TO_SUGGEST,
    Requirement,
    absent,
    missing,
    refuse_many_patterns,
    requirement_verdicts,
)
from cnncalc.checks.rules import BY_CODE, lint, network_of
from cnncalc.checks.verdicts import Verdict
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.interchange.models import model_text
from cnncalc.problems import Problem, Source, SpecError, UnreadableError
from cnncalc.spec import MAX_LAYERS, Shapes, Spec, load_source
from cnncalc.spec.files import read_file


class Policy(Struct, frozen=True):
    """The requirements from outside a spec, and how to check it.

    `codes` are the rules to check; notes are kept with `notes`, or if their code is in `asked_for`.
    """

    codes: frozenset[str]
    asked_for: frozenset[str] = frozenset()
    notes: bool = False
    strict: bool = False
    requirements: tuple[Requirement, ...] = ()
    batch: int = 1
    data_type: DataType = "float32"
    optimizer: Optimizer = "sgd"


class Task(Struct, frozen=True):
    """One spec to check: its file, or its text if it was already read.

    `against` is `package.module:name` of the model that it must be the same network as; with
    `against_models`, that is the model that the spec itself names. Only a command line sets them: nothing in
    a file may make a check run code.
    """

    path: str
    file: Path
    policy: Policy
    text: Source | None = None
    set: Mapping[str, str] | None = None
    input: Shapes | None = None
    max_layers: int = MAX_LAYERS
    against: str = ""
    against_models: bool = False

    @property
    def runs_model(self) -> bool:
        """Whether a PyTorch model may be imported and run."""
        return bool(self.against) or self.against_models


class Checked(Struct, frozen=True):
    """The result for one spec.

    Attributes:
        path: the name of the file.
        network: the network's name; empty if it could not be built.
        findings: all findings, in file order.
        verdicts: one for each expected value and budget.
        source: the text that the findings' places point into.
        strict: whether warnings count as failures.
        is_usable: false if the file could not be read or does not fit the options.
        without: names and patterns in outside requirements that the network does not have.
        leaves_claims: whether expected values were skipped because the network was changed.
        is_spec: false for findings in a configuration or a file of expected values.
    """

    path: str
    network: str
    findings: tuple[Problem, ...]
    verdicts: tuple[Verdict, ...]
    source: Source
    strict: bool = False
    is_usable: bool = True
    without: frozenset[str] = frozenset()
    leaves_claims: bool = False
    is_spec: bool = True

    @property
    def failures(self) -> tuple[Problem, ...]:
        """The findings that fail the check."""
        failing = ("error", "warning") if self.strict else ("error",)
        return tuple(problem for problem in self.findings if problem.level in failing)

    @property
    def holds(self) -> bool:
        return not self.failures

    @property
    def is_fault(self) -> bool:
        """Whether an internal error of cnncalc prevented the check."""
        return any(problem.code == "fault" for problem in self.findings)


def check_one(task: Task) -> Checked:
    """The result for one spec, also if it is not valid or an internal error occurs."""
    source = Source(task.path, "")
    try:
        source = _text(task)
        spec = _spec(task, source)
        policy = task.policy
        report = analyze(spec, batch=policy.batch, data_type=policy.data_type, optimizer=policy.optimizer)
        return _checked(task, spec, report)
    except SpecError as error:
        text = Source(task.path, source.text)
        usable = not error.is_about_the_call
        return Checked(task.path, "", error.problems, (), text, task.policy.strict, usable)
    except MemoryError:
        return _unchecked(task, Problem("killed", "not enough memory to check this spec", None, FEWER))
    except Exception as fault:
        *_, last = traceback.extract_tb(fault.__traceback__)
        where = f"{Path(last.filename).name}:{last.lineno}"
        message = f"internal error: {type(fault).__name__}: {fault} ({where})"
        return _unchecked(task, Problem("fault", message, None, "please report it with this spec"))


FEWER = "check it alone, or with --jobs 1"


def killed(task: Task) -> Checked:
    """The result for a spec whose process was killed."""
    message = "the process that checked this spec was killed; perhaps the memory ran out"
    return _unchecked(task, Problem("killed", message, None, FEWER))


def _unchecked(task: Task, problem: Problem) -> Checked:
    return Checked(task.path, "", (problem,), (), Source(task.path, ""), task.policy.strict, is_usable=False)


def layer_names(task: Task) -> list[str]:
    """Names of layers in the network of a task, for hints; at most a few thousand."""
    return list(_spec(task, _text(task)).graph.names)[:NAMES_TO_SUGGEST]


def _text(task: Task) -> Source:
    return task.text or read_file(task.file, task.path)


def _spec(task: Task, source: Source) -> Spec:
    return load_source(source, set=task.set, input=task.input, max_layers=task.max_layers)


def _checked(task: Task, spec: Spec, report: Report) -> Checked:
    policy = task.policy
    refuse_many_patterns(policy.requirements, report, spec)
    verdicts = (*check(report, spec), *requirement_verdicts(policy.requirements, report, spec))
    network = network_of(spec.document, spec.graph, report)
    advice = [*report.findings, *lint(network, policy.codes)]
    ignored = Ignored(spec.source.text)
    found = [*ignored.left(problem for problem in advice if _is_wanted(problem, policy)), *ignored.problems]
    found += [v.problem for v in verdicts if v.problem and v.problem.code in policy.codes | NEVER_IGNORED]
    found += _of_model(task, spec, report)
    without = absent(policy.requirements, report, spec)
    found += missing(policy.requirements, without, report) if "unmatched" in policy.codes else ()
    return Checked(
        path=task.path,
        network=spec.name,
        findings=tuple(sorted(found, key=_at)),
        verdicts=verdicts,
        source=spec.source,
        strict=policy.strict,
        without=without,
        leaves_claims=report.changed and bool(spec.claims),
    )


def _of_model(task: Task, spec: Spec, report: Report) -> list[Problem]:
    """What differs from the model to compare with, or a note that the model that the spec names was not."""
    named = spec.document.model
    if task.against:
        return against(task.against, spec, report, task.max_layers)
    if named is None:
        return []
    if not task.against_models:
        message, hint = (
            f"the model {named.text} was not imported",
            "--against-models compares it with this spec",
        )
        found = Problem("model-not-imported", message, named.place, hint, "note")
        return [found] if found.code in task.policy.codes else []
    try:
        return against(named.text, spec, report, task.max_layers)
    except SpecError as error:
        placed = [structs.replace(problem, place=named.place) for problem in error.problems]
        raise UnreadableError(placed, spec.source) from error


def against(target: str, spec: Spec, report: Report, max_layers: int = MAX_LAYERS) -> list[Problem]:
    """What differs between a spec and a model in code, with a note of what the model never uses.

    Raises SpecError if the model cannot be imported.
    """

    notes: set[str] = set()

    def imported(apart: bool) -> Spec:
        text, _ = model_text(target, input=shapes_for(spec), custom=has_declared(spec), apart=apart)
        model = load_source(text, max_layers=max_layers)
        notes.add(model.document.note)
        return model

    found = least_different(spec, report, imported)
    return [*found, *(Problem("model", f"in the model, {note}", level="note") for note in notes if note)]


NEVER_IGNORED = {"unknown-layer"}


def _is_wanted(problem: Problem, policy: Policy) -> bool:
    if problem.code not in BY_CODE:
        return True
    shown = problem.level != "note" or policy.notes or problem.code in policy.asked_for
    return shown and problem.code in policy.codes


def _at(problem: Problem) -> tuple[int, int]:
    return (problem.place.line, problem.place.column) if problem.place else (0, 0)
