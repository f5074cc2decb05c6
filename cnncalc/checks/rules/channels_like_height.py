"""The input's channels look like a height, and one of its axes like colours.

An input of 224 channels, 224 high and 3 wide is most likely an image of three colours written in the
other order. Nothing fails: the first convolution gets kernels that are 224 deep, and every number that
follows is of another network. `layout: hwc` at the top says that shapes are written channels last;
without it they are channels first.
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
    if not _is_swapped(shape) or network.report.changed or "channels-last" in _said(network):
        return
    axes = ", ".join(f"{axis} {size}" for axis, size in zip(shape.axes, shape.spatial, strict=True))
    message = f"the input has {shape.channels} channels, {axes}: an image in the other order?"
    hint = "the channels come first; with `layout: hwc` last"
    yield Violation(message, written.place if written else Place(1, 1), hint=hint)


def _said(network: NetworkView) -> set[str]:
    return {problem.code for problem in network.report.findings}


def _is_swapped(shape: Shape) -> bool:
    """An axis as small as colours are few, beside axes and channels of an image's size."""
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
    mended="""
cnncalc: 1
input: {channels: 3, height: 224, width: 224}
layers:
  - {conv: 64, kernel: 3, padding: 1}
""",
)
