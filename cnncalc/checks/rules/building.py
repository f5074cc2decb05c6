"""What each error about a network that cannot be built means, and what to do: documentation only."""

BUILDING = {
    "too-deep": """Lists, mappings, blocks or branches are nested too deeply.""",
    "too-large": """Something is too large to be counted: a tensor, or aliases that expand without end.""",
    "too-many-layers": """The network grows past the bound on layers.

    The bound keeps a slip such as `repeat: 1000000` from filling the memory; `--max-layers` raises it.""",
    "expression": """A value is no number, and no expression that can be worked out.

    Expressions have numbers, variables, `+ - * / // % **`, comparisons, `a if b else c` and a few
    functions. The message names the part that is wrong.""",
    "mapping": """A mapping stands where a value is expected.""",
    "no-value": """A value is missing.""",
    "bad-value": """The value of an option is not of the sort that it takes, or out of its range.""",
    "bad-condition": """`when:` or `freeze:` is neither true nor false.""",
    "bad-repeat": """`repeat:` is no whole number from 0 up.""",
    "bad-reference": """Several tensors, or none, are named where one is meant.""",
    "unknown-tensor": """No tensor of this name exists at this place.

    What can be named stands above: there are no forward references. Inside a block only its own layers
    and its `inputs` are seen.""",
    "unknown-layer": """A claim, a limit, `freeze` or `share` is about a layer that there is not.

    Names are those that `cnncalc show` prints: `stage1.0.conv1`. In limits `*` stands for one part of a
    name, `**` for any number of parts.""",
    "unknown-variable": """`--set` or `set=` names a variable that the spec does not have under `vars`.""",
    "unknown-block": """`use:` names a block that the spec does not define.""",
    "unknown-parameter": """The block has no parameter of this name.""",
    "missing-parameter": """A block is used without a parameter that has no default.""",
    "unknown-norm": """`norm:` names no normalisation: batch, layer, group, instance, lrn, or none.""",
    "unknown-act": """`act:` names no activation; `cnncalc kinds` lists them.""",
    "block-recursion": """A block uses itself, directly or through others.""",
    "share": """`share:` cannot use the weights of what it names.

    The two must have weights of the same shapes: the same kind and options, on as many channels.""",
    "wrong-rank": """A layer such as `Conv2d` stands over an input of another number of axes.

    Leave the number out: the input decides whether a network is 1-D, 2-D or 3-D.""",
    "wrong-axes": """An option lists more or fewer values than the input has axes.""",
    "wrong-sides": """A padding or crop of an axis is neither one number nor [before, after].""",
    "no-axes": """A layer that slides over axes has a vector for its input.

    Move it in front of the flatten or the dense layer, or bring the axes back with `reshape`.""",
    "dense-on-map": """A dense layer has a map for its input.

    It takes a vector: put `flatten` or `global_avgpool` before it. A 1×1 convolution is the dense layer
    of every position.""",
    "channels": """The channels that arrive cannot be dealt out as the layer must deal them out.""",
    "channels-asserted": """`in:` asserts another number of channels than arrives.""",
    "channels-differ": """`add` or `mul` joins tensors of different numbers of channels.

    A 1×1 convolution on one branch makes them agree; `concat` puts them side by side.""",
    "sizes-differ": """A merge joins maps of different sizes.

    Nothing is cropped or padded silently: `align: crop` cuts the larger ones, or a stride or padding in
    one branch differs from the other's by mistake.""",
    "size-differs": """`reshape` gives a shape of another number of values than arrive.""",
    "bad-shape": """The sizes of a `reshape` are no shape: 1 to 4 of them, from 1 up, at most one -1.""",
    "bad-slice": """A `slice` takes channels that there are not.""",
    "bad-table": """The table of a sparse convolution names channels that there are not, or no filter.""",
    "groups": """The groups do not divide the channels.

    Each group has the same number of input channels and of filters: both must be multiples of `groups`.
    16 filters on 3 channels cannot have 2 groups.""",
    "kernel-too-large": """The kernel is larger than what it slides over, padding included.

    Take a smaller kernel, more padding, or fewer strides before it. A dilated kernel spans
    dilation·(kernel − 1) + 1 positions.""",
    "padding-too-large": """A pooling pads more than half its window: some windows hold only padding.""",
    "output-padding": """An output padding is as large as the stride or dilation, or larger.""",
    "pad-too-large": """A reflecting or repeating padding is wider than what it can be filled from.""",
    "cropped-away": """A crop, or a transposed convolution's padding, leaves nothing of an axis.""",
    "scale-or-size": """`upsample` has both a scale and a size, or neither.""",
    "no-bins": """A pyramid pooling has no level.""",
    "too-few-frequencies": """A spectral pooling asks for more frequencies than the input has.""",
    "empty-range": """A clamp's `min` lies above its `max`, so that nothing is between them.""",
}
