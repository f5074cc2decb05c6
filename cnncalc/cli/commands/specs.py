"""The specs that come with cnncalc, to show by name or to copy from."""

from msgspec import to_builtins

from cnncalc.cli.options import ColorOption, ListFormatOption
from cnncalc.cli.reading import OK
from cnncalc.cli.terminal import print_results
from cnncalc.render.bundled import bundled_table
from cnncalc.render.data import to_json
from cnncalc.spec.bundled import list_bundled


def specs(format: ListFormatOption = "table", color: ColorOption = "auto") -> int:
    found = list_bundled()
    shown = to_json([to_builtins(spec) for spec in found]) if format == "json" else bundled_table(found)
    print_results([shown], color, None)
    return OK
