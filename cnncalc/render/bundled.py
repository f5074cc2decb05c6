"""The table of bundled specs."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnncalc.printed import plural
from cnncalc.render.publishing import PlainTable, Publication
from cnncalc.spec.bundled import Bundled

HEADERS = ("name", "network", "input", "source")
WRAPPING = ("network", "source")
"""Columns whose text may wrap in a narrow terminal."""


def bundled_table(specs: list[Bundled]) -> Table:
    """A table with one row per bundled spec."""
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for header in HEADERS:
        body.add_column(header, no_wrap=header not in WRAPPING, overflow="fold")
    for spec in specs:
        body.add_row(*_cells(spec))
    return body


def bundled_publication(specs: list[Bundled]) -> Publication:
    """The same for documents."""
    table = PlainTable(HEADERS, [True] * len(HEADERS), [_cells(spec) for spec in specs])
    return Publication(plural(len(specs), "bundled spec"), [table])


def _cells(spec: Bundled) -> tuple[str, ...]:
    return spec.name, spec.network, spec.input, spec.source
