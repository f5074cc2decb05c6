"""`calc`: analyze layers given as text, without a file.

`cnncalc.homework.calc.values` evaluates layers on small arrays. It needs NumPy, so it is only imported
when used.
"""

from cnncalc.analysis import analyze
from cnncalc.analysis.report import Report
from cnncalc.datatypes import DataType, Optimizer
from cnncalc.shapes import Layout
from cnncalc.spec.typed import typed_spec

__all__ = ["calc"]


def calc(
    input: str,
    *layers: str,
    layout: Layout | None = None,
    batch: int = 1,
    data_type: DataType = "float32",
    optimizer: Optimizer = "sgd",
) -> Report:
    """Analyze a few layers, each written as in a spec without braces, or as one word.

    Args:
        input: a shape, such as `"227x227x3"` or `"(None, 28, 28, 1)"`.
        layers: such as `"conv: 96, kernel: 11, stride: 4"` or `"relu"`; without layers, report the input.
        layout: `"hwc"` or `"chw"`, if the input is ambiguous.
        batch: the batch size.
        data_type: the data type of stored values.
        optimizer: the optimizer whose state counts as training memory.

    Raises:
        SpecError: an argument is invalid; its problems point into the arguments, with the input as line 1.

    >>> calc("227x227x3", "conv: 96, kernel: 11, stride: 4").totals.params.total
    34944
    """
    spec = typed_spec(input, *layers, layout=layout)
    return analyze(spec, batch=batch, data_type=data_type, optimizer=optimizer)
