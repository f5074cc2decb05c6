"""GitLab's code quality report.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from cnncalc.checks.paths import Results
from cnncalc.render.data import to_json
from cnncalc.render.findings.common import fingerprints, in_repository, line_of, named, sentence

SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """A list of issues; empty if there are no findings.

    Each must have a path: that of a bundled spec is its name.
    """
    return to_json(
        [
            {
                "description": named(file, sentence(problem)),
                "check_name": problem.code,
                "fingerprint": mark,
                "severity": SEVERITIES[problem.level],
                "location": {
                    "path": in_repository(file.path) or file.path,
                    "lines": {"begin": line_of(problem)},
                },
            }
            for file, problem, mark in fingerprints(results)
        ]
    )
