"""Documentation of the errors that appear when a network is built."""

BUILDING = {
    "too-deep": """Lists, mappings, blocks or branches are nested too deeply.""",
    "too-large": """A tensor is too large, or a file has too many values or too long expressions.""",
    "too-many-errors": """Reading stopped after 100 errors. Fix these first; there may be more.""",
    "which-input": """The network has several inputs, and a layer does not say which of them it reads.

    With several `inputs`, nothing comes before the first layer: write `from: image`, or join the inputs in a
    merge such as `concat: [image, mask]`.""",
    "bad-output": """`outputs` or `auxiliary` is not a list of tensors or a mapping from names to tensors.""",
    "unknown-output": """`outputs` in `expect` or `budget` names an output that the spec does not have.""",
    "bad-auxiliary": """`auxiliary` names a layer that an output depends on.

    An auxiliary head exists in training only, so nothing in the network may read it. Without `outputs`, the
    last layer is the output: name the real one.""",
    "too-many-references": """The references of the network name too many tensors.

    A `*` in a reference names every matching tensor, so a few lines can join millions. The limit is twice
    the limit on layers; raise it with `--max-layers`.""",
    "too-many-patterns": """There are too many patterns in `expect`, `budget` or `freeze` for this network.

    Each pattern with a `*` is compared with the name of every layer and block.""",
    "too-many-layers": """The network exceeds the limit on layers.

    The limit prevents a mistake such as `repeat: 1000000` from filling the memory; raise it with
    `--max-layers`.""",
    "expression": """A value is not a number or a valid expression.

    Expressions may contain numbers, variables, `+ - * / // % **`, comparisons, `a if b else c` and a few
    functions. The message points at the wrong part.""",
    "ambiguous": """A text is a word of its option, and a variable or parameter has the same name.

    `padding: half` with `vars: {half: 0}` could mean either. Write `$half` for the variable, or rename
    it.""",
    "mapping": """A value was expected, but a mapping was found.""",
    "no-value": """A value is missing.""",
    "bad-value": """The value of an option has the wrong type or is out of range.""",
    "bad-condition": """`when:` or `freeze:` is not true or false.""",
    "bad-repeat": """`repeat:` is not a whole number of at least 0.""",
    "bad-reference": """A reference must name exactly one tensor, for a layer that reads one.""",
    "unknown-tensor": """There is no tensor with this name here.

    A layer can only read layers above it. Inside a block, only the block's own layers and its `inputs`
    are visible.""",
    "left-out": """A name stands for an item that is left out, or for something inside it.

    `when:` is false, or `repeat:` is 0, so there are no layers and no weights inside it. With
    `otherwise: drop` or `aside: true` its name also has no output: give both the same `when:`, or write
    `otherwise: pass`, which hands on what the item would read.""",
    "unknown-layer": """`expect`, `budget`, `freeze` or `share` names a layer that does not exist.

    `cnncalc show` prints the names of all layers, such as `stage1.0.conv1`. In `budget`, `*` matches one
    part of a name and `**` any number of parts.""",
    "unknown-variable": """`--set` or `set=` names a variable that is not in the spec's `vars`.""",
    "unknown-block": """`use:` names a block that the spec does not define.""",
    "unknown-parameter": """The block has no parameter with this name.""",
    "missing-parameter": """A required parameter of a block is missing.""",
    "unknown-norm": """`norm:` must be batch, layer, group, instance, lrn or none.""",
    "unknown-act": """`act:` must be an activation; `cnncalc kinds` lists them.""",
    "block-recursion": """A block uses itself, directly or indirectly.""",
    "share": """`share:` names a layer or block whose weights do not fit.

    Both must have weights of the same shapes: the same kind, options and number of input channels.""",
    "wrong-rank": """A kind such as `Conv2d` does not fit the number of axes of its input.

    Omit the number: the input determines whether a network is 1-D, 2-D or 3-D.""",
    "wrong-axes": """An option has more or fewer values than the input has axes, or needs a signal.""",
    "wrong-sides": """The padding or crop of an axis must be a number or [before, after].""",
    "no-axes": """A layer that needs spatial axes has a vector as input.

    Move it before the flatten or dense layer, or restore the axes with `reshape`.""",
    "dense-on-map": """A dense layer has a feature map as input.

    It expects a vector: add `flatten` or `global_avgpool` before it. To apply a dense layer at every
    position, use a 1×1 convolution.""",
    "channels": """The number of input channels does not fit the layer.""",
    "channels-asserted": """The number of input channels differs from `in:`.""",
    "channels-differ": """An elementwise merge joins tensors with different numbers of channels.

    Add a 1×1 convolution to one branch, or join the channels with `concat`. A gate of one channel needs
    `broadcast: true`.""",
    "overlapping": """The windows of `max_unpool` overlap, so that a position may get two values.""",
    "two-inputs": """A merge of two inputs has another number of them.

    `subtract: [a, b]` is a − b, `matmul: [a, b]` the matrix product of both, and `cross_attention: [a, b]`
    has its queries from a.""",
    "sizes-differ": """A merge joins maps with different sizes.

    Check strides and padding of the branches, or crop the larger maps with `align: crop`. Nothing is
    cropped or padded silently.""",
    "size-differs": """`reshape` gives a shape with another number of values than its input.""",
    "bad-shape": """A shape has 1 to 4 sizes of at least 1; one size of a `reshape` may be -1.""",
    "bad-slice": """A `slice` or `select` takes channels or positions that do not exist.""",
    "bad-split": """The parts of a `split` are not those of the axis.

    A number of equal parts must divide the axis; a list of sizes must have its size as the sum.""",
    "which-part": """A layer reads a `split`, which has several outputs, without saying which.

    They are named by numbers: `from: name.0`. In the list of a merge, `name.*` is all of them.""",
    "no-such-axis": """An option names an axis that the input does not have, or not every axis that it needs.

    A signal has the axes channels and length, a map channels, height and width, a volume also depth.""",
    "not-whole": """An embedding reads numbers that are not whole, or more of them than its table has entries.

    It looks up rows. Its input is an input of the network, such as
    `inputs: {tokens: {length: 128, values: 20000}}`.""",
    "bad-window": """The windows of an attention layer do not fit its input.

    Each axis must be a multiple of the window or grid: pad it before. A shift is smaller than the window.""",
    "bad-table": """The table of a sparse convolution names channels that do not exist, or has no filter.""",
    "groups": """The groups, or the heads of attention, do not divide the channels.

    Each group has the same number of input channels and filters: both must be multiples of `groups`. A
    convolution with 16 filters on 3 channels cannot have 2 groups.""",
    "kernel-too-large": """The kernel is larger than the input with its padding.

    Use a smaller kernel, more padding, or less downsampling before it. A dilated kernel spans
    dilation·(kernel − 1) + 1 positions.""",
    "padding-too-large": """A pooling's padding exceeds half its window: some windows are only padding.""",
    "dialect-dilation": """The library of the spec's `dialect` refuses a dilation together with this stride.

Keras' convolutions take a stride above 1 or a dilation above 1, not both.""",
    "dialect-padding": """The library of the spec's `dialect` has no padding with this name.

    PyTorch has `same` only for convolutions with a stride of 1, Caffe has no names, and `same_lower` is
    ONNX's. Write the padding as a number, or omit `dialect`.""",
    "output-padding": """An output padding must be smaller than the stride or dilation.""",
    "pad-too-large": """A reflect or replicate padding is too large for the input.""",
    "cropped-away": """A crop, or the padding of a transposed convolution, removes a whole axis.""",
    "scale-or-size": """`upsample` needs either a scale or a size.""",
    "no-bins": """A pyramid pooling has no levels.""",
    "too-few-frequencies": """A spectral pooling keeps more frequencies than the input has.""",
    "empty-range": """The `min` of a clamp is greater than its `max`.""",
}
