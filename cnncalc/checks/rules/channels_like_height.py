"""The input's channels and axes look swapped.

An input with 224 channels, height 224 and width 3 is most likely an RGB image in the other order. Nothing
fails: the first convolution gets kernels of depth 224, and all numbers are those of another network. Shapes
are channels first unless the spec has `layout: hwc` at the top.
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.problems import Place
from cnncalc.shapes import Shape
from cnncalc.spec.opening import LOOKS_LIKE_COLOURS, SMALLEST_IMAGE

COLOURS = 3


def find(network: NetworkView) -> Iterator[Violation]:
    shape = network.graph.nodes[0].shape
    written = network.document.input
    if not _is_swapped(shape) or network.report.changed or "channels-last" in _reported(network):
        return
    axes = ", ".join(f"{axis} {size}" for axis, size in zip(shape.axes, shape.spatial, strict=True))
    message = f"the input has {shape.channels} channels, {axes}; are channels and axes swapped?"
    hint = "write channels first, or set `layout: hwc` for channels last"
    yield Violation(message, written.place if written else Place(1, 1), hint=hint)


def _reported(network: NetworkView) -> set[str]:
    return {problem.code for problem in network.report.findings}


def _is_swapped(shape: Shape) -> bool:
    """Whether one axis is as small as a number of colours, and all other sizes as large as an image."""
    small = [size for size in shape.spatial if size in LOOKS_LIKE_COLOURS]
    large = [size for size in shape.spatial if size >= SMALLEST_IMAGE]
    if len(small) != 1 or len(large) != shape.rank - 1 or not large or shape.channels < SMALLEST_IMAGE:
        return False
    return small[0] == COLOURS or shape.channels in large


RULE = Rule(
    code="channels-like-height",
    level="warning",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: {channels: 224, height: 224, width: 3}
layers:
  - {conv: 64, kernel: 3, padding: 1}
""",
    fixed="""
cnncalc: 1
input: {channels: 3, height: 224, width: 224}
layers:
  - {conv: 64, kernel: 3, padding: 1}
""",
)
