"""`calc`: every number of a few layers typed on one line, without a file.

`cnncalc.homework.calc.values` works layers through on small arrays; it runs them, so that it is imported
only where that is asked for.
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
    """Every number of a few layers; each is what stands inside of a spec's layer, or a bare word.

    Args:
        input: a shape, such as `"227x227x3"` or `"(None, 28, 28, 1)"`.
        layers: such as `"conv: 96, kernel: 11, stride: 4"` or `"relu"`; without any the input is counted.
        layout: `"hwc"` or `"chw"`, where the input does not tell.
        batch: samples.
        data_type: what a number is stored as.
        optimizer: whose state counts in the memory of training.

    Raises:
        SpecError: its problems point into the arguments, the input being line 1.

    >>> calc("227x227x3", "conv: 96, kernel: 11, stride: 4").totals.params.total
    34944
    """
    spec = typed_spec(input, *layers, layout=layout)
    return analyze(spec, batch=batch, data_type=data_type, optimizer=optimizer)
