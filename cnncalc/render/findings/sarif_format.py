"""SARIF 2.1.0, the format of GitHub code scanning and many editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from urllib.parse import quote

from cnncalc import __version__
from cnncalc.checks.paths import Results
from cnncalc.checks.rules.base import Rule
from cnncalc.checks.rules.documentation import DOCUMENTED
from cnncalc.checks.single import Checked
from cnncalc.problems import Problem
from cnncalc.render.data import Data, to_json
from cnncalc.render.findings.common import findings, fingerprints, in_repository, named, sentence

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """One run, with the documentation of the violated rules."""
    codes = list(dict.fromkeys(problem.code for _, problem in findings(results)))
    driver = {"name": "cnncalc", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(file, problem, mark, codes.index(problem.code))
            for file, problem, mark in fingerprints(results)
        ],
    }
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: str) -> Data:
    rule = DOCUMENTED.get(code) or Rule(code, "error", code, None, "")
    title, _, details = rule.text.strip().partition("\n")
    text = details.strip() or title
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": text},
        "help": {"text": f"cnncalc rule {code}"},
        "defaultConfiguration": {"level": rule.level},
    }


def _result(file: Checked, problem: Problem, mark: str, rule: int) -> Data:
    location: Data = {}
    if path := in_repository(file.path):
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(path)}, **_region(problem)}
    if problem.layer:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.layer, "kind": "element"}]
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.level,
        "message": {"text": named(file, sentence(problem))},
        "locations": [location] if location else [],
        "partialFingerprints": {"cnncalc/v1": mark},
    }


def _region(problem: Problem) -> Data:
    place = problem.place
    if place is None or place.line < 1:
        return {}
    end = place.column + place.width
    return {"region": {"startLine": place.line, "startColumn": place.column, "endColumn": end}}
