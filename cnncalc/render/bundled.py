"""The table of bundled specs."""

from rich.box import SIMPLE_HEAD
from rich.table import Table

from cnncalc.spec.bundled import Bundled


def bundled_table(specs: list[Bundled]) -> Table:
    """A table with one row per bundled spec."""
    body = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for header, wraps in (("name", False), ("network", True), ("input", False), ("source", True)):
        body.add_column(header, no_wrap=not wraps, overflow="fold")
    for spec in specs:
        body.add_row(spec.name, spec.network, spec.input, spec.source)
    return body
