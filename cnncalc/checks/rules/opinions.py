"""Rules of taste, disabled by default: reported only when selected."""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation, is_activation, is_norm
from cnncalc.graph import Node
from cnncalc.layers.activation import Relu, Relu6
from cnncalc.layers.convolution import Conv, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.normalization import BatchNorm
from cnncalc.layers.pooling import GlobalAvgPool, WindowPool
from cnncalc.layers.reshaping import Dropout

NO_ACTIVATION = """There is no activation between two layers with weights.

Two linear layers in a row can represent only what one linear layer can. Some designs want this: a depthwise
and a 1×1 convolution, a k×1 and a 1×k convolution, the linear bottleneck of MobileNetV2 (Sandler et al. 2018,
arXiv:1801.04381, section 3.2). Otherwise an activation is most likely missing.
"""

RELU_AT_OUTPUT = """The network's output is a relu.

The output cannot be negative: class scores lose their negative half, and a unit that is below 0 for every
sample stops learning. This is fine if the network predicts an amount or is the backbone of another one.
"""

DENSE_DOMINATES = """One dense layer has most of the parameters.

A dense layer on a flattened map has a weight for each position, channel and unit: in VGG-16, the first dense
layer has three quarters of all parameters. With global average pooling before it, it has a weight only for
each channel and unit, and the network accepts inputs of any size (Lin et al. 2013, arXiv:1312.4400, section
3.2).
"""

DROPOUT_BEFORE_NORM = """A dropout precedes a batch normalization.

Dropout changes the variance of its output in training but not in inference, while the norm uses the
variance seen in training: at inference it no longer fits (Li et al. 2018, arXiv:1801.05134). Move the dropout
after the last norm.
"""

ODD_CHANNELS = """A number of channels does not fit the hardware.

Matrix units process channels in groups: in half precision, NVIDIA's tensor cores need multiples of 8, and a
layer with 33 filters takes as long as one with 40 (NVIDIA, Deep Learning Performance Guide, "Tensor Core
Shape Constraints"). The channels of the network's input and output are not reported.
"""

MOST = 0.5
"""The share of all parameters above which a layer dominates."""
GROUP = 8
"""Number of channels that hardware processes together."""


def find_no_activation(network: NetworkView) -> Iterator[Violation]:
    linear: list[Node | None] = [None] * network.graph.entries
    for node in network.graph.layers:
        before = linear[node.inputs[0]] if len(node.inputs) == 1 else None
        if node.layer.has_neurons:
            if before and not _is_step_of(before, node):
                message = f"no activation between {before.name} and {node.name}: they act as one linear layer"
                yield Violation(message, node.place, node.name, "add an activation, such as `act: relu`")
            linear.append(node)
        else:
            linear.append(before if _is_linear(node) else None)


def _is_linear(node: Node) -> bool:
    return is_norm(node.layer) or node.layer.is_identity or isinstance(node.layer, GlobalAvgPool)


def _is_step_of(before: Node, node: Node) -> bool:
    """Whether two layers form a separable convolution."""
    return isinstance(before.layer, Depthwise) or isinstance(node.layer, Depthwise) or _flat(before, node)


def _flat(before: Node, node: Node) -> bool:
    """Whether two kernels are k×1 and 1×k."""
    kernels = [each.layer.kernel for each in (before, node) if isinstance(each.layer, Conv)]
    return any(isinstance(kernel, tuple) and 1 in kernel for kernel in kernels)


def find_relu_at_output(network: NetworkView) -> Iterator[Violation]:
    for node in (network.graph.nodes[end] for end in network.graph.ends):
        if isinstance(node.layer, Relu | Relu6) and network.source(node).layer.has_neurons:
            message = f"the output {node.name} cannot be negative"
            yield Violation(message, node.place, node.name, "remove the last activation")


def find_dense_dominates(network: NetworkView) -> Iterator[Violation]:
    total = network.report.totals.params.total
    several = sum(node.layer.has_neurons for node in network.graph.layers) > 1
    for node, row in zip(network.graph.layers, network.report.layers, strict=True):
        params = row.params.total
        if isinstance(node.layer, Dense) and params > MOST * total and several:
            share = f"{params:,} of {total:,} parameters ({100 * params / total:.0f} %)"
            hint = "a global average pooling before it reduces them"
            yield Violation(f"{node.name} has {share}", node.place, node.name, hint)


def find_dropout_before_norm(network: NetworkView) -> Iterator[Violation]:
    dropouts: list[Node | None] = [None] * network.graph.entries
    for node in network.graph.layers:
        before = dropouts[node.inputs[0]] if len(node.inputs) == 1 else None
        if before and isinstance(node.layer, BatchNorm):
            message = f"{before.name} changes the variance that {node.name} uses at inference"
            yield Violation(message, before.place, before.name, "move the dropout after the last norm")
        if isinstance(node.layer, Dropout):
            dropouts.append(node)
        else:
            dropouts.append(before if _keeps_the_change(node) else None)


def _keeps_the_change(node: Node) -> bool:
    """Whether a layer passes a change of variance on."""
    return is_activation(node.layer) or isinstance(node.layer, WindowPool) or node.layer.has_neurons


def find_odd_channels(network: NetworkView) -> Iterator[Violation]:
    for at, node in network.numbered:
        channels = node.shape.channels
        if isinstance(node.layer, Conv) and channels % GROUP and network.readers[at]:
            up = -(-channels // GROUP) * GROUP
            message = f"{node.name} has {channels} channels, which is not a multiple of {GROUP}"
            yield Violation(message, node.place, node.name, f"{up} channels take as long")


CHAIN = """
cnncalc: 1
input: [3, 32, 32]
layers:
"""

OPINIONS = (
    Rule(
        code="no-activation",
        level="warning",
        text=NO_ACTIVATION,
        find=find_no_activation,
        example=f"{CHAIN}  - {{conv: 16, kernel: 3}}\n  - {{conv: 16, kernel: 3}}\n",
        fixed=f"{CHAIN}  - {{conv: 16, kernel: 3, act: relu}}\n  - {{conv: 16, kernel: 3}}\n",
        default=False,
    ),
    Rule(
        code="relu-at-output",
        level="warning",
        text=RELU_AT_OUTPUT,
        find=find_relu_at_output,
        example=f"{CHAIN}  - global_avgpool\n  - {{dense: 10, act: relu}}\n",
        fixed=f"{CHAIN}  - global_avgpool\n  - {{dense: 10}}\n",
        default=False,
    ),
    Rule(
        code="dense-dominates",
        level="note",
        text=DENSE_DOMINATES,
        find=find_dense_dominates,
        example=f"{CHAIN}  - {{conv: 16, kernel: 3}}\n  - flatten\n  - {{dense: 10}}\n",
        fixed=f"{CHAIN}  - {{conv: 16, kernel: 3}}\n  - global_avgpool\n  - {{dense: 10}}\n",
        default=False,
    ),
    Rule(
        code="dropout-before-norm",
        level="note",
        text=DROPOUT_BEFORE_NORM,
        find=find_dropout_before_norm,
        example=f"{CHAIN}  - dropout\n  - {{conv: 16, kernel: 3, bias: false, norm: batch}}\n",
        fixed=f"{CHAIN}  - {{conv: 16, kernel: 3, bias: false, norm: batch}}\n  - dropout\n"
        "  - {conv: 10, kernel: 1}\n",
        default=False,
    ),
    Rule(
        code="odd-channels",
        level="note",
        text=ODD_CHANNELS,
        find=find_odd_channels,
        example=f"{CHAIN}  - {{conv: 33, kernel: 3}}\n  - {{conv: 10, kernel: 1}}\n",
        fixed=f"{CHAIN}  - {{conv: 32, kernel: 3}}\n  - {{conv: 10, kernel: 1}}\n",
        default=False,
    ),
)
