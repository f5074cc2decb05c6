"""`cnncalc specs`: the bundled specs."""

from msgspec import to_builtins

from cnncalc.cli.terminal import print_results
from cnncalc.render.bundled import bundled_table
from cnncalc.render.data import to_json
from cnncalc.spec.bundled import list_bundled


def run(format: str, color: str) -> int:
    """Prints the list; gives the exit code."""
    found = list_bundled()
    if format == "json":
        print_results([to_json([to_builtins(spec) for spec in found])], color, None)
    else:
        print_results([bundled_table(found)], color, None)
    return 0
