"""What some reviewers would point out and others would not: looked for when asked to."""

from collections.abc import Iterator

from cnncalc.checks.rules.base import NetworkView, Rule, Violation, is_activation, is_norm
from cnncalc.graph import Node
from cnncalc.layers.activation import Relu, Relu6
from cnncalc.layers.convolution import Conv, Depthwise
from cnncalc.layers.dense import Dense
from cnncalc.layers.normalization import BatchNorm
from cnncalc.layers.pooling import GlobalAvgPool, WindowPool
from cnncalc.layers.reshaping import Dropout

NO_ACTIVATION = """Two layers that learn, and nothing nonlinear between them.

Two linear steps in a row are one linear step: the second brings no new function, only another way to
write one of fewer or equal parameters. Some designs want just that: a depthwise and a 1×1 convolution, a
k×1 and a 1×k one, the linear bottleneck of MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381, section
3.2). Where none of these is meant, an activation was forgotten.
"""

RELU_AT_OUTPUT = """The network's last step is a relu.

The output cannot be negative: scores of classes lose their negative half, and a unit that is below 0 for
every sample learns nothing more. Right where the network predicts an amount, or is the trunk of another.
"""

DENSE_DOMINATES = """One dense layer holds most of the parameters.

A dense layer on a flattened map has a weight for each position, channel and unit: in VGG-16 the first
one holds three quarters of all parameters. Global average pooling in its place has a weight for each
channel and unit only, and takes inputs of any size (Lin et al. 2013, arXiv:1312.4400, section 3.2).
"""

DROPOUT_BEFORE_NORM = """A dropout in front of a batch normalisation.

Dropout changes the variance of what it hands on, in training but not in an inference, and the norm keeps
the variance of the training: the two disagree when it counts (Li et al. 2018, arXiv:1801.05134). Put the
dropout behind the last norm.
"""

ODD_CHANNELS = """A number of channels that the hardware cannot use fully.

Matrix units work on groups of channels: with half precision NVIDIA's want multiples of 8, and a layer of
33 filters takes as long as one of 40 (NVIDIA, Deep Learning Performance Guide, "Tensor Core Shape
Constraints"). What the input has, and what the output needs, is as it is.
"""

MOST = 0.5
"""The share of the parameters from which on a layer dominates."""
GROUP = 8
"""Channels that are worked on together."""


def find_no_activation(network: NetworkView) -> Iterator[Violation]:
    linear: list[Node | None] = [None]
    for node in network.graph.layers:
        before = linear[node.inputs[0]] if len(node.inputs) == 1 else None
        if node.layer.has_neurons:
            if before and not _is_step_of(before, node):
                message = f"nothing nonlinear between {before.name} and {node.name}: they act as one layer"
                yield Violation(message, node.place, node.name, "an activation, as in `act: relu`")
            linear.append(node)
        else:
            linear.append(before if _is_linear(node) else None)


def _is_linear(node: Node) -> bool:
    return is_norm(node.layer) or node.layer.is_identity or isinstance(node.layer, GlobalAvgPool)


def _is_step_of(before: Node, node: Node) -> bool:
    """Whether two layers are the steps of one separable convolution."""
    return isinstance(before.layer, Depthwise) or isinstance(node.layer, Depthwise) or _flat(before, node)


def _flat(before: Node, node: Node) -> bool:
    """k×1 and 1×k."""
    kernels = [each.layer.kernel for each in (before, node) if isinstance(each.layer, Conv)]
    return any(isinstance(kernel, tuple) and 1 in kernel for kernel in kernels)


def find_relu_at_output(network: NetworkView) -> Iterator[Violation]:
    node = network.graph.nodes[network.graph.output]
    if isinstance(node.layer, Relu | Relu6) and network.source(node).layer.has_neurons:
        message = f"{node.name} is the output: no negative value leaves the network"
        yield Violation(message, node.place, node.name, "leave the last activation out")


def find_dense_dominates(network: NetworkView) -> Iterator[Violation]:
    total = network.report.totals.params.total
    several = sum(node.layer.has_neurons for node in network.graph.layers) > 1
    for node, row in zip(network.graph.layers, network.report.layers, strict=True):
        params = row.params.total
        if isinstance(node.layer, Dense) and params > MOST * total and several:
            share = f"{params:,} of {total:,} parameters ({100 * params / total:.0f} %)"
            hint = "a global average pooling in front needs fewer"
            yield Violation(f"{node.name} holds {share}", node.place, node.name, hint)


def find_dropout_before_norm(network: NetworkView) -> Iterator[Violation]:
    dropouts: list[Node | None] = [None]
    for node in network.graph.layers:
        before = dropouts[node.inputs[0]] if len(node.inputs) == 1 else None
        if before and isinstance(node.layer, BatchNorm):
            message = f"{before.name} changes the variance that {node.name} keeps for inferences"
            yield Violation(message, before.place, before.name, "put the dropout behind the last norm")
        if isinstance(node.layer, Dropout):
            dropouts.append(node)
        else:
            dropouts.append(before if _keeps_the_change(node) else None)


def _keeps_the_change(node: Node) -> bool:
    """Whether a change of variance goes through a layer."""
    return is_activation(node.layer) or isinstance(node.layer, WindowPool) or node.layer.has_neurons


def find_odd_channels(network: NetworkView) -> Iterator[Violation]:
    for at, node in network.numbered:
        channels = node.shape.channels
        if isinstance(node.layer, Conv) and channels % GROUP and network.readers[at]:
            up = -(-channels // GROUP) * GROUP
            message = f"{node.name} has {channels} channels, no multiple of {GROUP}"
            yield Violation(message, node.place, node.name, f"{up} would take as long")


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
        mended=f"{CHAIN}  - {{conv: 16, kernel: 3, act: relu}}\n  - {{conv: 16, kernel: 3}}\n",
        default=False,
    ),
    Rule(
        code="relu-at-output",
        level="warning",
        text=RELU_AT_OUTPUT,
        find=find_relu_at_output,
        example=f"{CHAIN}  - global_avgpool\n  - {{dense: 10, act: relu}}\n",
        mended=f"{CHAIN}  - global_avgpool\n  - {{dense: 10}}\n",
        default=False,
    ),
    Rule(
        code="dense-dominates",
        level="note",
        text=DENSE_DOMINATES,
        find=find_dense_dominates,
        example=f"{CHAIN}  - {{conv: 16, kernel: 3}}\n  - flatten\n  - {{dense: 10}}\n",
        mended=f"{CHAIN}  - {{conv: 16, kernel: 3}}\n  - global_avgpool\n  - {{dense: 10}}\n",
        default=False,
    ),
    Rule(
        code="dropout-before-norm",
        level="note",
        text=DROPOUT_BEFORE_NORM,
        find=find_dropout_before_norm,
        example=f"{CHAIN}  - dropout\n  - {{conv: 16, kernel: 3, bias: false, norm: batch}}\n",
        mended=f"{CHAIN}  - {{conv: 16, kernel: 3, bias: false, norm: batch}}\n  - dropout\n"
        "  - {conv: 10, kernel: 1}\n",
        default=False,
    ),
    Rule(
        code="odd-channels",
        level="note",
        text=ODD_CHANNELS,
        find=find_odd_channels,
        example=f"{CHAIN}  - {{conv: 33, kernel: 3}}\n  - {{conv: 10, kernel: 1}}\n",
        mended=f"{CHAIN}  - {{conv: 32, kernel: 3}}\n  - {{conv: 10, kernel: 1}}\n",
        default=False,
    ),
)
