"""The documentation of rules and errors: the list, and a page for each."""

import re

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.checks.rules import BY_CODE
from cnncalc.checks.rules.base import Rule
from cnncalc.render.data import Data
from cnncalc.render.messages import COLOURS
from cnncalc.render.pages import Code, Section, markdown, styled, terminal


def rules_list(rules: list[Rule]) -> RenderableType:
    """All codes with level and first sentence, rules and errors in separate tables."""
    parts: list[RenderableType] = []
    kinds = (
        ("Rules (for --select and --ignore)", lambda rule: rule.code in BY_CODE),
        ("Expected values, budgets and errors", lambda rule: rule.code not in BY_CODE),
    )
    for title, belongs in kinds:
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
        for header, wraps in (("code", False), ("level", False), ("meaning", True)):
            table.add_column(header, no_wrap=not wraps)
        for rule in filter(belongs, rules):
            level = rule.level if rule.default else f"{rule.level} (if selected)"
            table.add_row(rule.code, Text(level, COLOURS[rule.level]), styled(paragraphs(rule)[0]))
        parts += [*([""] if parts else []), Text(title, "bold"), table]
    return Group(*parts)


def paragraphs(rule: Rule) -> tuple[str, ...]:
    """The documentation with each paragraph on one line."""
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", rule.text.strip()))


def rule_page(rule: Rule) -> RenderableType:
    """The page for a terminal."""
    prose = [line for paragraph in paragraphs(rule) for line in (paragraph, "")]
    return terminal(f"{rule.code}  ({standing(rule)})", tuple(prose[:-1]), _examples(rule))


def rule_markdown(rule: Rule) -> str:
    """The page as Markdown."""
    return markdown(f"{rule.code} ({standing(rule)})", paragraphs(rule), _examples(rule))


def standing(rule: Rule) -> str:
    """The level, and whether the rule must be selected."""
    return rule.level if rule.default else f"{rule.level}, only if selected"


def _examples(rule: Rule) -> list[Section]:
    shown = (("Example", rule.example), ("Fixed", rule.fixed))
    return [(heading, [Code(text.strip())]) for heading, text in shown if text]


def rule_data(rule: Rule) -> Data:
    """A rule as JSON."""
    return {
        "code": rule.code,
        "level": rule.level,
        "is_rule": rule.code in BY_CODE,
        "default": rule.default,
        "summary": paragraphs(rule)[0],
        "text": "\n\n".join(paragraphs(rule)),
        "example": rule.example.strip() or None,
        "fixed": rule.fixed.strip() or None,
    }
