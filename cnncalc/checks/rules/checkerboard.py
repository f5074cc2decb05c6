"""The windows of a transposed convolution overlap unevenly.

If the kernel is not a multiple of the stride, some outputs get more weights than their neighbours, and
generated images show checkerboard artifacts. Avoid them with a kernel that is a multiple of the stride, or
with upsampling followed by a convolution (Odena, Dumoulin & Olah, Distill 2016,
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
            sizes = f"kernel {kernel} is not a multiple of stride {stride}"
            message = f"the windows of {node.name} overlap unevenly: {sizes}"
            hint = f"use kernel {2 * stride}, or upsample and a convolution"
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
    fixed="""
cnncalc: 1
input: [64, 8, 8]
layers:
  - {conv_transpose: 32, kernel: 4, stride: 2, padding: 1}
""",
)
