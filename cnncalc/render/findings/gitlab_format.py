"""GitLab's code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

import os
from pathlib import Path

from cnncalc.checks.paths import Results
from cnncalc.render.data import to_json
from cnncalc.render.findings.common import fingerprints, from_root, line_of, sentence

SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """A list of issues; empty if there are no findings."""
    return to_json(
        [
            {
                "description": sentence(problem),
                "check_name": problem.code,
                "fingerprint": mark,
                "severity": SEVERITIES[problem.level],
                "location": {"path": _relative(from_root(file.path)), "lines": {"begin": line_of(problem)}},
            }
            for file, problem, mark in fingerprints(results)
        ]
    )


def _relative(path: str) -> str:
    """A path relative to the current folder, which is the repository in GitLab jobs."""
    return Path(os.path.relpath(path)).as_posix() if os.path.isabs(path) else path
