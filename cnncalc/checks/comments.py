"""Comments in a spec that suppress a rule: `# cnncalc: ignore[unused-layer]`.

At the end of a line, a comment applies to that line; on the line of `cnncalc: 1` or above it, to the
whole file. Expected values and budgets cannot be suppressed with a comment.
"""

import re
from collections.abc import Iterable, Iterator

from cnncalc.checks.rules import BY_CODE
from cnncalc.problems import Place, Problem, did_you_mean

COMMENT = re.compile(r"#\s*cnncalc:\s*ignore\[([^\]\n]*)\]")
MARK = re.compile(r"^\s*[\"']?cnncalc[\"']?\s*:")


class Ignored:
    """The codes that the comments of a text suppress, and problems in these comments."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._everywhere: set[str] = set()
        self._lines: dict[int, set[str]] = {}
        if "ignore[" in text:
            self._read(text.splitlines())

    def _read(self, lines: list[str]) -> None:
        has_begun = False
        for number, line in enumerate(lines, 1):
            begins = bool(MARK.match(line))
            for found in COMMENT.finditer(line):
                codes = set(self._codes(found, number))
                if begins or not has_begun:
                    self._everywhere |= codes
                self._lines.setdefault(number, set()).update(codes)
            has_begun |= begins

    def _codes(self, found: re.Match[str], number: int) -> Iterator[str]:
        for part in re.finditer(r"[^\s,]+", found[1]):
            if part[0] in BY_CODE:
                yield part[0]
                continue
            place = Place(number, found.start(1) + part.start() + 1, len(part[0]))
            hint = did_you_mean(part[0], list(BY_CODE)) or "`cnncalc rule` lists all rules"
            message = f"unknown rule '{part[0]}' in a comment"
            self.problems.append(Problem("unknown-rule", message, place, hint, "warning"))

    def left(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems that no comment suppresses."""
        return [problem for problem in problems if not self._covers(problem)]

    def _covers(self, problem: Problem) -> bool:
        line = problem.place.line if problem.place else 0
        return problem.code in self._everywhere or problem.code in self._lines.get(line, ())
