"""What the live page shows: the last versions of specs without errors, and the errors of the current ones."""

from collections.abc import Sequence

from cnncalc.page.comparison import page_data
from cnncalc.page.network import Analyzed, file_name, finding
from cnncalc.problems import SpecError
from cnncalc.render.data import Data
from cnncalc.render.messages import printed_of


def live_data(networks: Sequence[Analyzed], errors: Sequence[SpecError]) -> Data:
    """The data of the page; it may show no network as long as no spec is without errors."""
    shown: Data = page_data(networks)
    names = [each.report.name for each in networks] or [file_name(each.source) for each in errors]
    problems = [
        {
            "file": file_name(error.source),
            "problems": [finding(each, error.source) for each in printed_of(error.problems)[0]],
        }
        for error in errors
    ]
    title = ", ".join(names)
    return {**shown, "problems": problems, "title": f"✗ {title}" if errors else title}
