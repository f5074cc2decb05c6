"""A transposed convolution overlaps itself unevenly.

Where the kernel is no multiple of the stride, some outputs get more of the kernel's weights than their
neighbours: pictures made so show a fine checkerboard. A kernel that the stride divides, or upsampling
followed by a plain convolution, has no such pattern (Odena, Dumoulin & Olah, Distill 2016,
doi:10.23915/distill.00003).
"""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation
from cnncalc.layers.base import per_axis
from cnncalc.layers.convolution import ConvTranspose


def find(network: NetworkView) -> Iterator[Violation]:
    for node in network.graph.layers:
        layer = node.layer
        if not isinstance(layer, ConvTranspose):
            continue
        x = node.reads[0]
        sides = zip(per_axis(layer.kernel, x, "kernel"), per_axis(layer.stride, x, "stride"), strict=True)
        uneven = [(kernel, stride) for kernel, stride in sides if kernel % stride]
        if uneven:
            kernel, stride = uneven[0]
            message = (
                f"the kernel {kernel} of {node.name} is no multiple of its stride {stride}: uneven overlap"
            )
            hint = f"a kernel of {2 * stride}, or upsample and a convolution"
            yield Violation(message, node.place, node.name, hint)


RULE = Rule(
    code="checkerboard",
    level="note",
    text=__doc__,
    find=find,
    example="""
cnncalc: 1
input: [64, 8, 8]
layers:
  - {conv_transpose: 32, kernel: 3, stride: 2, padding: 1, output_padding: 1}
""",
    mended="""
cnncalc: 1
input: [64, 8, 8]
layers:
  - {conv_transpose: 32, kernel: 4, stride: 2, padding: 1}
""",
)
