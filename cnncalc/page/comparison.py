"""What the page shows of several networks: their measures side by side, and what tells two apart."""

from collections.abc import Sequence

from cnncalc.analysis.depth import weighted_depth
from cnncalc.checks.difference import Difference, diff
from cnncalc.page.network import Analyzed, exact, network_data
from cnncalc.render.compare import MEASURES, Compared
from cnncalc.render.data import Data
from cnncalc.render.difference import ShownDifference, cells, summary, totals_rows
from cnncalc.render.table import declared_notes


def page_data(networks: Sequence[Analyzed]) -> Data:
    """All that a page shows: each network, and for several the comparison."""
    found: Data = {"networks": [network_data(each) for each in networks], "problems": []}
    if len(networks) > 1:
        found["comparison"] = comparison_data(networks)
    if len(networks) == 2:
        found["difference"] = difference_data(diff(*(each.report for each in networks)))
    return found


def comparison_data(networks: Sequence[Analyzed]) -> Data:
    """The columns of `compare`: their headings, and for each network its cells and their values."""
    compared = [
        Compared(each.spec.name, each.report, weighted_depth(each.spec.graph), each.report.trunk)
        for each in networks
    ]
    measures = [
        {
            "name": measure.name,
            "title": measure.header.replace("\n", " "),
            "cells": [measure.cell(each) for each in compared],
            "values": [measure.key(each) for each in compared],
        }
        for measure in MEASURES.values()
    ]
    return exact({"measures": measures, "declared": declared_notes(each.report for each in networks)})


def difference_data(difference: Difference) -> Data:
    """What `diff` prints: totals, and the layers that differ."""
    shown = ShownDifference(difference, (difference.before.name, difference.after.name), False)
    return {
        "same": difference.is_same,
        "summary": summary(difference),
        "before": difference.before.name,
        "after": difference.after.name,
        "totals": [list(row) for row in totals_rows(difference)],
        "declared": declared_notes((difference.before, difference.after)),
        "layers": [
            {"status": group.status, "cells": list(cells(group, difference))} for group in shown.groups
        ],
    }
