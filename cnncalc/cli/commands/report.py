"""Write a report page.

The page is one HTML file that works offline: totals, a figure to fold and unfold, the working of each layer,
charts, a table to sort and filter, findings and expected values. Several specs are compared; of two, the
differences are shown.
"""

import sys
from typing import Annotated

from cnncalc.cli.options import InputOption, MaxLayersOption, SetOption, SpecsArgument
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE, UsageError, read_spec, settings_of
from cnncalc.cli.terminal import complain, progress, report_failure
from cnncalc.problems import SpecError


def report(
    specs: SpecsArgument,
    set: SetOption = None,
    input: InputOption = None,
    max_layers: MaxLayersOption = 100_000,
    *,
    to: Annotated[Out, Formats("html")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.page import analyzed, page_of
    from cnncalc.page.network import Analyzed

    if to.path is None and sys.stdout.isatty():
        complain("the page requires a file, as in -o report.html")
        return USAGE
    try:
        settings = settings_of(set)
    except UsageError as error:
        return report_failure(error, to.color)
    found: list[Analyzed] = []
    code = OK
    with progress("report") as update:
        for at, name in enumerate(specs):
            try:
                found.append(analyzed(read_spec(name, settings, input, max_layers)))
            except SpecError as error:
                code = max(code, report_failure(error, to.color))
            update(at, len(specs))
        page = page_of(found) if found else None
    if page:
        to.print(page.html)
    return code
