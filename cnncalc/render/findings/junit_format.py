"""JUnit XML, the test report format of Jenkins, GitLab and others: one suite per spec.

Each expected value and budget is a test. Findings of rules and errors in a spec are failed tests; a warning
that does not fail the check is a skipped test.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from cnncalc.checks.paths import Results
from cnncalc.checks.single import Checked
from cnncalc.problems import Problem, one_line
from cnncalc.render.findings.common import in_repository

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def rendered(results: Results, passed: bool, everything: bool) -> str:
    """All suites with their counts."""
    root = ElementTree.Element("testsuites", name="cnncalc check")
    for file in results.files:
        root.append(_suite(file))
    for sum_of in ("tests", "failures", "errors"):
        root.set(sum_of, str(sum(int(suite.get(sum_of, "0")) for suite in root)))
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _suite(file: Checked) -> ElementTree.Element:
    cases = list(_cases(file))
    found = [child.tag for case in cases for child in case]
    suite = ElementTree.Element(
        "testsuite",
        name=_clean(file.path),
        tests=str(len(cases)),
        failures=str(found.count("failure")),
        errors=str(found.count("error")),
        skipped=str(found.count("skipped")),
    )
    if where := in_repository(file.path):
        suite.set("file", _clean(where))
    suite.extend(cases)
    return suite


def _cases(file: Checked) -> Iterable[ElementTree.Element]:
    if file.network:
        yield _case(file, "builds")
    left = list(file.findings)
    for verdict in file.verdicts:
        problem = verdict.problem if verdict.problem in left else None
        section = "budget" if verdict.is_budget else "expect"
        case = _case(file, f"{section}: {verdict.found.partition(': ')[0]}")
        if problem:
            left.remove(problem)
            case.append(_told(file, problem))
        yield case
    for problem in left:
        case = _case(file, f"{problem.code}{_where(problem)}")
        case.append(_told(file, problem))
        yield case


def _case(file: Checked, name: str) -> ElementTree.Element:
    return ElementTree.Element("testcase", name=_clean(name), classname=_clean(file.path))


def _where(problem: Problem) -> str:
    return f" at {problem.place.line}:{problem.place.column}" if problem.place else ""


def _told(file: Checked, problem: Problem) -> ElementTree.Element:
    """The reason why a test does not pass: an error if the spec could not be built, else a failure."""
    tag = "skipped"
    if problem in file.failures:
        tag = "failure" if file.network else "error"
    failure = ElementTree.Element(tag, type=problem.code, message=_clean(problem.message))
    failure.text = _clean(one_line(problem, file.source))
    return failure


def _clean(text: str) -> str:
    """Text without characters that XML does not allow."""
    return NOT_XML.sub("\ufffd", text)
