"""Expected values and budgets from outside a spec: the project, a file, or the command line."""

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from cnncalc.analysis.report import Report
from cnncalc.checks.measures import subjects
from cnncalc.checks.verdicts import Verdict, claim_verdicts, limit_verdicts
from cnncalc.graph import is_pattern
from cnncalc.problems import Findings, Place, Problem, SpecError, did_you_mean
from cnncalc.quantities import current
from cnncalc.spec import Spec
from cnncalc.spec.claims import QUANTITIES, Claim, Limit, bound_of, wrong_bound, wrong_quantity
from cnncalc.spec.reader import Mapping, Scalar, Sequence
from cnncalc.spec.subjects import too_many_patterns
from cnncalc.spec.values import sizes

NAMES_TO_SUGGEST = 2000


class Requirement(Struct, frozen=True):
    """Expected values and budgets from outside a spec; `origin` is their file or option.

    `is_picky` means that they select certain specs, each of which must have the named layers.
    """

    origin: str
    claims: tuple[Claim, ...] = ()
    limits: tuple[Limit, ...] = ()
    is_picky: bool = False

    @property
    def about(self) -> dict[str, Place]:
        """The names and patterns in the requirement, each with its first place."""
        places = [(claim.layer, claim.place) for claim in self.claims]
        places += [(limit.layer, limit.place) for limit in self.limits]
        return {layer: place for layer, place in reversed(places) if layer}


class WrongLimitError(ValueError):
    """A `--max` or `--min` that is not valid."""


def limit_from_option(side: str, text: str) -> Requirement:
    """Parses `--max params=5M` or `--min stage4:receptive_field=64`.

    Raises:
        WrongLimitError: the limit is not valid; the message is the reason.
    """
    name, equals, value = text.partition("=")
    layer, _, written = name.strip().rpartition(":")
    quantity = current(written)
    option = f"--{side} {text}"
    if not equals or not quantity:
        raise WrongLimitError(f"--{side}: expected QUANTITY=VALUE such as params=5M, found '{text}'")
    key = Scalar(quantity, 0, 0, 0)
    if layer in QUANTITIES and quantity not in QUANTITIES:
        raise WrongLimitError(f"{option}: write the layer first: --{side} {quantity}:{layer}={value}")
    problem = wrong_quantity(key, layer)
    bound = None if problem else bound_of(_value(value.strip()), quantity)
    if bound is None:
        problem = problem or wrong_bound(quantity, None)
        raise WrongLimitError(f"{option}: {problem.message}; {problem.hint.partition(' or {')[0]}")
    place = Place(0, 0)
    is_max = side == "max"
    limit = Limit(layer, quantity, place, bound if is_max else None, None if is_max else bound)
    return Requirement(option, limits=(limit,))


def _value(text: str) -> Scalar | Sequence:
    """Parses a number, `64x56x56` or `[64, 56, 56]`."""
    if text.startswith("[") and text.endswith("]"):
        return Sequence(tuple(Scalar(part.strip(), 0, 0, 0) for part in text[1:-1].split(",")), 0, 0)
    return Scalar(text.replace(",", "x") if sizes(text.replace(",", "x")) else text, 0, 0, 0)


def requirement_verdicts(
    requirements: Iterable[Requirement], report: Report, spec: Spec
) -> Iterator[Verdict]:
    """The verdicts on outside requirements, each with a place in the spec and its origin."""
    for requirement in requirements:
        claims = () if report.changed else requirement.claims
        for verdict in claim_verdicts(claims, report, spec.layout):
            yield _placed(verdict, "expected value", requirement, spec)
        for verdict in limit_verdicts(requirement.limits, report, spec.layout):
            yield _placed(verdict, "budget", requirement, spec)
        for claim in claims:
            if claim.layer and claim.layer not in report.names and not is_pattern(claim.layer):
                found = f"{claim.quantity} of {claim.layer}: no such layer"
                problem = _no_such_layer(claim.layer, claim.place, "expected value", requirement, report)
                yield Verdict(False, False, problem, found)


def refuse_many_patterns(requirements: Iterable[Requirement], report: Report, spec: Spec) -> None:
    """Raises SpecError if comparing the patterns with the names of the layers would take long."""
    requirements = tuple(requirements)
    named = [pair for requirement in requirements for pair in requirement.about.items()]
    problem = too_many_patterns(named, len(report.names))
    if problem:
        origins = ", ".join(dict.fromkeys(each.origin for each in requirements if each.about))
        hint = f"{problem.hint}; they are in {origins}"
        raise SpecError([structs.replace(problem, place=None, hint=hint)], spec.source)


def absent(requirements: Iterable[Requirement], report: Report, spec: Spec) -> frozenset[str]:
    """The names and patterns that match nothing in a network."""
    asked = {layer for requirement in requirements for layer in requirement.about}
    known = subjects(asked, report, spec.layout) if asked else {}
    return frozenset(name for name, about in known.items() if not about)


def missing(
    requirements: Iterable[Requirement], without: frozenset[str], report: Report
) -> Iterator[Problem]:
    """A warning for each layer that a budget names for this spec and that does not exist."""
    for requirement in requirements:
        claimed = {claim.layer for claim in requirement.claims}
        for layer, place in requirement.about.items() if requirement.is_picky else ():
            if layer in without and layer not in claimed and not is_pattern(layer):
                problem = _no_such_layer(layer, place, "budget", requirement, report)
                yield structs.replace(problem, code="unmatched", level="warning")


def _placed(verdict: Verdict, what: str, requirement: Requirement, spec: Spec) -> Verdict:
    """A verdict moved from the requirement to the layer that it is about."""
    at = spec.graph.names.get(verdict.layer, 0)
    place = spec.graph.nodes[at].place if at >= spec.graph.entries else None
    if verdict.problem is None:
        return structs.replace(verdict, place=place)
    hint = f"required by {requirement.origin}"
    if verdict.place and verdict.place.line:
        hint = f"{what} in {requirement.origin}:{verdict.place.line}:{verdict.place.column}"
    problem = structs.replace(verdict.problem, place=place, hint=hint)
    return structs.replace(verdict, problem=problem, place=place)


def _no_such_layer(layer: str, place: Place, what: str, requirement: Requirement, report: Report) -> Problem:
    hint = did_you_mean(layer, list(report.names)[:NAMES_TO_SUGGEST])
    where = f"{what} in {requirement.origin}:{place.line}:{place.column}"
    message = f"there is no layer '{layer}'"
    return Problem("unknown-layer", message, None, f"{where}; {hint}" if hint else where)


def check_keys(node: Mapping, known: tuple[str, ...], what: str, findings: Findings) -> None:
    """Reports unknown keys in a section of a configuration."""
    for key, _ in node.entries:
        if key.text not in known:
            hint = did_you_mean(key.text, list(known)) or "expected one of " + ", ".join(known)
            findings.add(Problem("configuration", f"unknown key '{key.text}' in {what}", key.place, hint))
