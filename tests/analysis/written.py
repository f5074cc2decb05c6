"""Networks whose layers a test writes as a spec does."""

from collections.abc import Sequence

import cnncalc
from cnncalc.analysis.field import AxisField, Field


def report_of(layers: Sequence[str], channels: int = 1, sizes: tuple[int, ...] = (96, 96)) -> cnncalc.Report:
    """The report of a network whose layers are written as a spec writes them."""
    lines = [f"input: {[channels, *sizes]}", "layers:", *(f"  - {layer}" for layer in layers)]
    return cnncalc.analyze(cnncalc.load("\n".join(["cnncalc: 1", *lines, ""])))


def field_of(*layers: str, channels: int = 1, sizes: tuple[int, ...] = (96, 96)) -> Field:
    """The field of the last layer."""
    return report_of(layers, channels, sizes).output.field


def axes_of(field: Field) -> tuple[AxisField, ...]:
    assert field.axes is not None
    assert not field.unknown
    return field.axes
