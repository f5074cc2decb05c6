"""Claims, limits and `freeze` must be about layers that there are."""

from cnncalc.graph import covering
from cnncalc.problems import Findings, Place, Problem, did_you_mean
from cnncalc.spec.reader import Scalar
from cnncalc.spec.scope import Scope

NAMES_TO_SUGGEST = 2000


def check_subjects(
    subjects: list[tuple[str, Place]], freeze: tuple[Scalar, ...], scope: Scope, findings: Findings
) -> None:
    """Reports the names among (layer, place) and the patterns that name nothing in the network."""
    known = scope.all.by_name
    said: set[str] = set()
    for layer, place in subjects:
        if layer and layer not in known and layer not in said:
            said.add(layer)
            hint = did_you_mean(layer, list(known)[:NAMES_TO_SUGGEST])
            findings.add(Problem("unknown-layer", f"there is no layer '{layer}'", place, hint))
    for pattern in freeze:
        if not any(map(covering(pattern.text), known)):
            hint = did_you_mean(pattern.text.removesuffix(".*"), scope.visible())
            message = f"freeze: nothing is called '{pattern.text}'"
            findings.add(Problem("unknown-layer", message, pattern.place, hint))
