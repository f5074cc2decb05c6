"""Which function runs which kind of layer: the table to add a kind to."""

from collections.abc import Callable, Mapping

from cnncalc.executor.ops import activation as elementwise
from cnncalc.executor.ops import conv as convolution
from cnncalc.executor.ops import pool as pooling
from cnncalc.executor.ops import shape_ops as moving
from cnncalc.executor.runtime.arithmetic import Array

Operation = Callable[..., Array]
"""Takes the layer, its inputs and the tools; gives the output. Merges take any number of inputs."""

OPERATIONS: Mapping[str, Operation] = {
    "input": moving.passed_on,
    "conv": convolution.conv,
    "depthwise": convolution.depthwise,
    "separable": convolution.separable,
    "conv_transpose": convolution.conv_transpose,
    "locally_connected": convolution.locally_connected,
    "sparse_conv": convolution.sparse_conv,
    "dense": convolution.dense,
    "maxpool": pooling.maxpool,
    "avgpool": pooling.avgpool,
    "lppool": pooling.lppool,
    "mixpool": pooling.mixpool,
    "weighted_avgpool": pooling.weighted_avgpool,
    "global_avgpool": pooling.global_avgpool,
    "global_maxpool": pooling.global_maxpool,
    "adaptive_avgpool": pooling.adaptive_avgpool,
    "adaptive_maxpool": pooling.adaptive_maxpool,
    "spatial_pyramid_pool": pooling.spatial_pyramid_pool,
    "spectral_pool": pooling.spectral_pool,
    "unpool": pooling.unpool,
    "batchnorm": elementwise.batchnorm,
    "layernorm": elementwise.layernorm,
    "groupnorm": elementwise.groupnorm,
    "instancenorm": elementwise.instancenorm,
    "lrn": elementwise.lrn,
    "relu": elementwise.relu,
    "relu6": elementwise.relu6,
    "leaky_relu": elementwise.leaky_relu,
    "prelu": elementwise.prelu,
    "elu": elementwise.elu,
    "selu": elementwise.selu,
    "gelu": elementwise.gelu,
    "silu": elementwise.silu,
    "hardswish": elementwise.hardswish,
    "hardsigmoid": elementwise.hardsigmoid,
    "sigmoid": elementwise.sigmoid,
    "tanh": elementwise.tanh,
    "softplus": elementwise.softplus,
    "mish": elementwise.mish,
    "softmax": elementwise.softmax,
    "scale": elementwise.scale,
    "shift": elementwise.shift,
    "clamp": elementwise.clamp,
    "dropout": moving.passed_on,
    "identity": moving.passed_on,
    "flatten": moving.flatten,
    "reshape": moving.reshape,
    "upsample": moving.upsample,
    "pixel_shuffle": moving.pixel_shuffle,
    "space_to_depth": moving.space_to_depth,
    "channel_shuffle": moving.channel_shuffle,
    "slice": moving.slice_,
    "pad": moving.pad,
    "crop": moving.crop,
    "add": moving.add,
    "mul": moving.mul,
    "concat": moving.concat,
}
