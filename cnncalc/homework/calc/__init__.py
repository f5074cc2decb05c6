"""`calc`: analyze layers given as text, without a file.

`cnncalc.homework.calc.values` evaluates layers on small arrays. It needs NumPy, so it is only imported
when used.
"""

from typing import get_args

from msgspec import Struct

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.choices import Assumed
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.problems import Place, Problem, SpecError
from cnncalc.shapes import Layout
from cnncalc.spec.typed import Typed, spec_of, typed

__all__ = ["PaddingReading", "calc", "readings", "report_of"]


def calc(
    input: str,
    *layers: str,
    layout: Layout | None = None,
    batch: int | None = None,
    data_type: DataType = "float32",
    optimizer: Optimizer = "sgd",
    assume: Assumed | None = None,
) -> Report:
    """Analyze a few layers, each written as in a spec without braces, in code or in words.

    Args:
        input: a shape, such as `"227x227x3"` or `"(None, 28, 28, 1)"`, and layers behind it if you like.
        layers: such as `"conv: 96, kernel: 11, stride: 4"`, `"Conv2d(3, 96, 11)"`, `"96 filters of 11x11"`
            or `"relu"`; without layers, report the input.
        layout: `"hwc"` or `"chw"`, if the input is ambiguous.
        batch: the batch size; default: that of an input such as `(10, 3, 32, 40)`, or 1.
        data_type: the data type of stored values.
        optimizer: the optimizer whose state counts as training memory.
        assume: the padding of notations that leave it open, such as `CONV5-10`: `"same"` or `"valid"`.

    Raises:
        SpecError: an argument is invalid; its problems point into the arguments, with the input as line 1.

    >>> calc("227x227x3", "conv: 96, kernel: 11, stride: 4").totals.params.total
    34944
    """
    given = typed(input, layers, layout, assume=assume)
    return report_of(given, batch, data_type, optimizer)


def report_of(
    given: Typed,
    batch: int | None = None,
    data_type: DataType = "float32",
    optimizer: Optimizer = "sgd",
) -> Report:
    """The report of arguments that `typed` has read; raises SpecError like `calc`."""
    if given.input.variable:
        problem = Problem("unknown-size", "the input has an unknown size", Place(1, 1), "write its size")
        raise SpecError([problem], given.source)
    size = given.input.batch if batch is None else batch
    return analyze(spec_of(given), batch=size, data_type=data_type, optimizer=optimizer)


class PaddingReading(Struct, frozen=True):
    """One reading of layers whose notation leaves the padding open: its report, or why it has none."""

    assume: Assumed
    report: Report | None
    problem: str = ""


def readings(input: str, *layers: str, layout: Layout | None = None) -> tuple[PaddingReading, ...]:
    """The reports of the readings of `CONV5-10`: without padding, and with padding that keeps the size.

    >>> [reading.report.output.output.dims() for reading in readings("1x32x32", "CONV5-10")]
    [(10, 32, 32), (10, 28, 28)]
    """
    found = []
    for assume in get_args(Assumed):
        try:
            found.append(PaddingReading(assume, calc(input, *layers, layout=layout, assume=assume)))
        except SpecError as error:
            found.append(PaddingReading(assume, None, error.problems[0].message))
    return tuple(found)
