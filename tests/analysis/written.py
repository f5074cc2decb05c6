"""Networks built from layers in spec syntax."""

from collections.abc import Sequence

import cnncalc
from cnncalc.analysis.field import AxisField, Field


def text_of(layers: Sequence[str], channels: int = 1, sizes: tuple[int, ...] = (96, 96)) -> str:
    """A spec with the given layers."""
    lines = [f"input: {[channels, *sizes]}", "layers:", *(f"  - {layer}" for layer in layers)]
    return "\n".join(["cnncalc: 1", *lines, ""])


def report_of(layers: Sequence[str], channels: int = 1, sizes: tuple[int, ...] = (96, 96)) -> cnncalc.Report:
    """The report of such a network."""
    return cnncalc.analyze(cnncalc.load(text_of(layers, channels, sizes)))


def field_of(*layers: str, channels: int = 1, sizes: tuple[int, ...] = (96, 96)) -> Field:
    """The field of the last layer."""
    return report_of(layers, channels, sizes).output.field


def axes_of(field: Field) -> tuple[AxisField, ...]:
    assert field.axes is not None
    assert not field.unknown
    return field.axes
