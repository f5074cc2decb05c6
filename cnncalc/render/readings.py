"""The readings of a notation that leaves the padding open: a line for each layer of each reading."""

from cnncalc.analysis.report import Report
from cnncalc.homework.calc import PaddingReading
from cnncalc.render.columns import count, field_size
from cnncalc.render.data import SCHEMA_VERSION, report_data


def readings_text(readings: tuple[PaddingReading, ...]) -> str:
    """Each reading with its results.

    The layers are as `read_as` echoes them, with output, parameters, MACs and receptive field.
    """
    return "\n".join(f"--assume {each.assume}\n{_results(each)}" for each in readings)


def _results(reading: PaddingReading) -> str:
    if reading.report is None:
        return f"  {reading.problem}\n"
    report = reading.report
    lines = echoes(report)
    width = max(map(len, lines), default=0)
    rows = (f"  {line:<{width}}  {_row(report, at)}" for at, line in enumerate(lines))
    total = report.totals
    return "\n".join([*rows, f"  total: {count(total.params.total)} parameters, {count(total.macs)} MACs\n"])


def _row(report: Report, at: int) -> str:
    row = report.layers[at]
    return (
        f"{row.output.text(report.layout)}, {count(row.params.total)} parameters, {count(row.macs)} MACs, "
        f"field {field_size(row.field)}"
    )


def echoes(report: Report) -> list[str]:
    """The layers as understood, in the notation of specs; empty if all were written in it."""
    return [problem.message for problem in report.findings if problem.code == "read-as"]


def readings_data(readings: tuple[PaddingReading, ...]) -> dict[str, object]:
    """The JSON object: the report of each reading, or its problem."""
    return {
        "schema_version": SCHEMA_VERSION,
        "readings": [
            {"assume": each.assume}
            | (
                {"report": report_data(each.report, each.report.layers, list(each.report.findings))}
                if each.report
                else {"problem": each.problem}
            )
            for each in readings
        ],
    }
