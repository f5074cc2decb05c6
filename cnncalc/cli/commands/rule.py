"""Explain a rule or an error code."""

from typing import Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.completion import complete_code
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE
from cnncalc.cli.terminal import complain
from cnncalc.problems import did_you_mean


def rule(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE",
            help="Code from the brackets of a finding: bias-before-norm, budget, groups.",
            autocompletion=complete_code,
            show_default=False,
        ),
    ] = None,
    *,
    to: Annotated[Out, Formats("text", "json", "markdown")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.checks.rules.documentation import DOCUMENTED

    if code is not None and code.lower() not in DOCUMENTED:
        hint = did_you_mean(code, list(DOCUMENTED))
        hint = hint if hint.startswith("did") else "`cnncalc rule` lists them"
        complain(f"unknown rule or error code '{code}'; {hint}")
        return USAGE
    if code is None and to.format == "markdown":
        complain("--format markdown requires a code: cnncalc rule budget --format markdown")
        return USAGE
    to.print(_rendered(code.lower() if code else None, to.format))
    return OK


def _rendered(code: str | None, format: str) -> RenderableType:
    from cnncalc.checks.rules.documentation import DOCUMENTED
    from cnncalc.render.data import to_json
    from cnncalc.render.rules import rule_data, rule_markdown, rule_page, rules_list

    rules = list(DOCUMENTED.values())
    if code is None:
        return to_json([rule_data(rule) for rule in rules]) if format == "json" else rules_list(rules)
    rule = DOCUMENTED[code]
    if format == "json":
        return to_json(rule_data(rule))
    return rule_markdown(rule) if format == "markdown" else rule_page(rule)
