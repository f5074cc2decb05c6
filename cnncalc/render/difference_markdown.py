"""The comparison of two networks as Markdown for a comment on a pull request."""

from cnncalc.checks.difference import Difference
from cnncalc.problems import Problem
from cnncalc.render.difference import (
    COLUMNS,
    TOTALS,
    ShownDifference,
    cells,
    notes,
    renamed,
    same,
    share,
    summary,
    totals_rows,
)
from cnncalc.render.markdown import escaped, prose, table

HEADLINE = {"params": "parameters", "macs": "MACs", "memory.peak": "peak activations"}
MOST_LINES = 200
"""Maximum number of lines: comments on GitHub are limited to 65,536 characters."""


def difference_markdown(shown: ShownDifference, problems: list[Problem]) -> str:
    """A one-line summary, violated limits, the totals, and the layers in a collapsed section."""
    difference = shown.difference
    if difference.is_same:
        lines = [f"**{escaped(same(shown))}**", *_list(difference)]
        return "\n\n".join(lines) + "\n"
    title = " → ".join(map(escaped, shown.titles))
    parts = [f"### {title}", headline(difference)]
    parts += [f"❌ {prose(problem.message)}" for problem in problems]
    rows = [
        [name, old, new, f"{_arrow(change)}{change}", percent]
        for name, old, new, change, percent in (totals_rows(difference))
    ]
    is_text = [True] + [False] * (len(TOTALS) - 1)
    parts.append("\n".join(table(TOTALS, is_text, [[escaped(cell) for cell in row] for row in rows])))
    return "\n\n".join([*parts, *notes(difference), _details(shown)]) + "\n"


def headline(difference: Difference) -> str:
    """The change in one line."""
    parts = [
        f"{name} {_arrow(share(amounts))}{share(amounts) or 'unchanged'}"
        for name, amounts in ((title, difference.totals[key]) for key, title in HEADLINE.items())
    ]
    return f"**{', '.join(parts)}**"


def _arrow(change: str) -> str:
    return {"+": "▲ ", "−": "▼ "}.get(change[:1], "")


def _details(shown: ShownDifference) -> str:
    """The layers in a collapsed section."""
    lines = [[escaped(cell) for cell in cells(group, shown.difference)] for group in shown.groups]
    header = [column.header for column in COLUMNS]
    are_texts = [column.is_text for column in COLUMNS]
    layers = ["\n".join(table(header, are_texts, lines[:MOST_LINES]))] if lines else []
    more = [f"… and {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else []
    legend = ["`+` added, `−` removed, `~` changed, `=` same options with other numbers"] if lines else []
    inside = "\n\n".join([*layers, *more, *legend, *_list(shown.difference)])
    return f"<details><summary>{summary(shown.difference)}</summary>\n\n{inside}\n\n</details>"


def _list(difference: Difference) -> list[str]:
    return [escaped(line) for line in renamed(difference)]
