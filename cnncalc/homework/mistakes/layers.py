"""The slips about a layer's options, sizes and depth, in the order of their likelihood."""

from cnncalc.homework.mistakes.changes import (
    added_around,
    kernel_of,
    learns,
    pools,
    sized,
    with_group_for_each,
    with_options,
    with_padding,
    with_padding_of_one,
    with_stretched_kernel,
    with_stride_of_kernel,
)
from cnncalc.homework.mistakes.layer import LayerSlip

LAYER_SLIPS: tuple[LayerSlip, ...] = (
    LayerSlip(
        "forgot-bias", "the biases are left out: each filter or unit has one", with_options(bias=False)
    ),
    LayerSlip("bias-added", "biases are counted, and this layer has none", with_options(bias=True)),
    LayerSlip(
        "flatten-forgets-depth",
        "the depth is forgotten: flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: inputs[0].positions if layer.kind == "flatten" else None,
    ),
    LayerSlip(
        "flatten-one-axis",
        "one axis is forgotten: flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: (
            y.channels // inputs[0].spatial[-1] if layer.kind == "flatten" and inputs[0].spatial else None
        ),
    ),
    LayerSlip(
        "flatten-adds",
        "the sizes are added; flatten multiplies them",
        depth=lambda layer, inputs, y: sum(inputs[0].dims()) if layer.kind == "flatten" else None,
    ),
    LayerSlip(
        "flatten-keeps-channels",
        "only the channels are counted; flatten keeps every value of every channel",
        depth=lambda layer, inputs, y: inputs[0].channels if layer.kind == "flatten" else None,
    ),
    LayerSlip(
        "concat-adds-nothing",
        "the depth of one branch is kept; concat puts the channels of all branches side by side",
        depth=lambda layer, inputs, y: inputs[0].channels if layer.kind == "concat" else None,
    ),
    LayerSlip(
        "add-stacks-depth",
        "the depths of the branches are added up; add joins value by value and keeps the depth",
        depth=lambda layer, inputs, y: sum(x.channels for x in inputs) if layer.kind == "add" else None,
    ),
    LayerSlip("forgot-padding", "the padding is left out", with_padding(lambda before, after: (0, 0))),
    LayerSlip(
        "padded-one-side",
        "the padding is added on one side only; both sides of an axis have it",
        with_padding(lambda before, after: (before, 0) if before else (0, after)),
    ),
    LayerSlip(
        "depth-of-input",
        "the depth of the input is kept; the depth of the output is the number of filters",
        depth=lambda layer, inputs, y: inputs[0].channels if learns(layer) else None,
    ),
    LayerSlip(
        "ceil-for-floor",
        "the size is rounded up; what the stride leaves over is dropped",
        with_options(fit="ceil"),
    ),
    LayerSlip(
        "floor-for-ceil",
        "the size is rounded down; here the last window reaches out",
        with_options(fit="floor"),
    ),
    LayerSlip(
        "forgot-plus-one",
        "the + 1 is forgotten: the window's first place counts, too",
        size=sized("floor((n + p - d*(k - 1) - 1) / s)"),
        transposed=sized("(n - 1) * s - p + d*(k - 1) + a"),
    ),
    LayerSlip(
        "as-convolution",
        "the formula of a convolution is used; a transposed convolution makes the map larger",
        transposed=sized("floor((n + p - d*(k - 1) - 1) / s) + 1"),
    ),
    LayerSlip(
        "forgot-minus-one",
        "the − 1 is forgotten: the stride lies between the inputs, one time less than there are inputs",
        transposed=sized("n * s - p + d*(k - 1) + a + 1"),
    ),
    LayerSlip(
        "forgot-kernel-spread",
        "the size is only multiplied with the stride; the kernel of the last input reaches further",
        transposed=sized("n * s"),
    ),
    LayerSlip("ignored-stride", "the stride is ignored", with_options(stride=1)),
    LayerSlip(
        "assumed-same",
        "padding that keeps the size is assumed ('same'), and this layer has another padding",
        size=sized("ceil(n / s)"),
    ),
    LayerSlip("size-unchanged", "the size of the input is kept", size=sized("n"), transposed=sized("n")),
    LayerSlip(
        "ignored-dilation", "the dilation is ignored: the kernel is taken as it is", with_options(dilation=1)
    ),
    LayerSlip(
        "kernel-times-dilation",
        "the effective kernel is taken as dilation × kernel; between the taps there are only k − 1 gaps",
        with_stretched_kernel,
    ),
    LayerSlip(
        "one-too-many",
        "one is added too often",
        size=sized("floor((n + p - d*(k - 1) - 1) / s) + 2"),
        transposed=sized("(n - 1) * s - p + d*(k - 1) + a + 2"),
    ),
    LayerSlip(
        "added-before-dividing",
        "the + 1 is added before the division by the stride; it comes after it",
        size=sized("floor((n + p - d*(k - 1)) / s)"),
    ),
    LayerSlip(
        "rounded-to-nearest",
        "the size is rounded to the nearest number; what the stride leaves over is dropped",
        size=sized("floor((n + p - d*(k - 1) - 1) / s + 1/2) + 1"),
    ),
    LayerSlip(
        "only-stride",
        "the size is only divided by the stride; the kernel is forgotten",
        size=sized("floor(n / s)"),
    ),
    LayerSlip("forgot-kernel", "the kernel is not taken off the size", size=sized("floor((n + p) / s) + 1")),
    LayerSlip(
        "padding-over-stride",
        "the padded size is only divided by the stride",
        size=sized("floor((n + p) / s)"),
    ),
    LayerSlip(
        "added-kernel",
        "the kernel is added to the size; it has to be taken off",
        size=sized("floor((n + p + d*(k - 1) + 1) / s) + 1"),
    ),
    LayerSlip("stride-of-kernel", "the kernel is taken for the stride", with_stride_of_kernel),
    LayerSlip(
        "half-the-border",
        "the border that the kernel takes is taken off one side only",
        size=sized("floor((n + p - floor(k / 2) - 1) / s) + 1"),
    ),
    LayerSlip(
        "padding-twice",
        "the padding is counted twice",
        with_padding(lambda before, after: (2 * before, 2 * after)),
    ),
    LayerSlip("padding-of-one", "a padding is added that this layer does not have", with_padding_of_one),
    LayerSlip(
        "padding-taken-off",
        "the padding is taken off the size; it has to be added",
        size=sized("floor((n - p - d*(k - 1) - 1) / s) + 1"),
    ),
    LayerSlip(
        "divided-too-early",
        "only the size is divided by the stride; what is left when the kernel is taken off has to be",
        size=sized("floor((n + p) / s) - k + 1"),
    ),
    LayerSlip(
        "stride-twice",
        "the stride is applied twice",
        size=sized("ceil(n / s / s)"),
    ),
    LayerSlip(
        "layer-twice",
        "the layer is applied twice",
        size=sized("floor((floor((n + p - d*(k - 1) - 1) / s) + p - d*(k - 1)) / s) + 1"),
    ),
    LayerSlip(
        "kernel-taken-off",
        "the kernel is taken off the size, and no more: neither the stride nor the + 1",
        size=sized("n - k"),
    ),
    LayerSlip(
        "size-times-kernel",
        "the size is multiplied with the kernel; the kernels overlap where the stride is smaller",
        transposed=sized("n * k"),
    ),
    LayerSlip(
        "size-plus-kernel",
        "the kernel is added to the size, and no more",
        transposed=sized("n + k"),
    ),
    LayerSlip("size-of-kernel", "this is the size of the kernel", size=sized("k")),
    LayerSlip(
        "ungrouped",
        "the groups are ignored: each filter reads only the channels of its group",
        with_options(groups=1),
    ),
    LayerSlip(
        "grouped",
        "each filter is taken to read one channel; it reads all channels of the input",
        with_group_for_each,
    ),
    LayerSlip(
        "depth-times-filters",
        "the depth is multiplied with the filters; each filter reads the whole depth and gives one map",
        depth=lambda layer, inputs, y: inputs[0].channels * y.channels if learns(layer) else None,
    ),
    LayerSlip(
        "depth-plus-filters",
        "the filters are added to the depth; the output has one map for each filter",
        depth=lambda layer, inputs, y: inputs[0].channels + y.channels if learns(layer) else None,
    ),
    LayerSlip(
        "pool-divides-depth",
        "the depth is divided; pooling works on each channel by itself and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels // (kernel_of(layer, inputs) or 1) if pools(layer) else None
        ),
    ),
    LayerSlip(
        "pool-divides-depth-by-window",
        "the depth is divided; pooling works on each channel by itself and keeps the depth",
        depth=lambda layer, inputs, y: (
            y.channels // (kernel_of(layer, inputs) or 1) ** 2 if pools(layer) else None
        ),
    ),
    LayerSlip(
        "pool-multiplies-depth",
        "the depth is multiplied; pooling works on each channel by itself and keeps the depth",
        depth=lambda layer, inputs, y: y.channels * (kernel_of(layer, inputs) or 1) if pools(layer) else None,
    ),
    LayerSlip(
        "one-map",
        "one map is taken to come out",
        depth=lambda layer, inputs, y: 1 if y.channels > 1 else None,
    ),
    LayerSlip(
        "depth-of-group",
        "the filters of one group are counted only",
        depth=lambda layer, inputs, y: y.channels // int(getattr(layer, "groups", 1)),
    ),
    LayerSlip(
        "kernel-as-depth",
        "the size of the kernel is taken for the depth; the output has one map for each filter",
        depth=lambda layer, inputs, y: kernel_of(layer, inputs),
    ),
    LayerSlip(
        "size-as-depth",
        "the size of the input is taken for the depth; the output has one map for each filter",
        depth=lambda layer, inputs, y: inputs[0].spatial[0] if inputs[0].spatial and y.spatial else None,
    ),
    LayerSlip(
        "pads-depth",
        "the depth is padded, too; zeros are added around each map only",
        depth=lambda layer, inputs, y: (
            y.channels + sum(added_around(layer, inputs)) if added_around(layer, inputs) else None
        ),
    ),
    LayerSlip(
        "pads-depth-once",
        "the depth is padded, too; zeros are added around each map only",
        depth=lambda layer, inputs, y: (
            y.channels + added_around(layer, inputs)[0] if added_around(layer, inputs) else None
        ),
    ),
)
