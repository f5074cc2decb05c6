"""Small classes and functions that the source defines where torch.nn lacks a layer."""

from collections.abc import Callable


def _padded(name: str, base: str, doc: str, value: str = "") -> Callable[[int], str]:
    def text(rank: int) -> str:
        return f'''class Padded{name}{rank}d(nn.{base}{rank}d):
    """{doc}, padded by `sides`: the last axis first."""

    def __init__(self, *args, sides, **options):
        super().__init__(*args, **options)
        self.sides = sides

    def forward(self, x):
        return super().forward(functional.pad(x, self.sides{value}))
'''

    return text


def _padded_conv(rank: int) -> str:
    return f'''class PaddedConv{rank}d(nn.Conv{rank}d):
    """A convolution of its input, padded by `sides`: the last axis first."""

    def __init__(self, *args, sides, mode="constant", **options):
        super().__init__(*args, **options)
        self.sides, self.mode = sides, mode

    def forward(self, x):
        return super().forward(functional.pad(x, self.sides, mode=self.mode))
'''


def _separable(rank: int) -> str:
    return f'''class SeparableConv{rank}d(nn.Module):
    """A convolution of each channel, then one with a kernel of 1.

    Padding that differs between the sides of an axis is `sides`: the last axis first.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        sides=None,
        dilation=1,
        multiplier=1,
        bias=True,
        padding_mode="zeros",
    ):
        super().__init__()
        self.sides = sides
        between = in_channels * multiplier
        self.depthwise = nn.Conv{rank}d(
            in_channels,
            between,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=in_channels,
            bias=False,
            padding_mode=padding_mode,
        )
        self.pointwise = nn.Conv{rank}d(between, out_channels, 1, bias=bias)

    def forward(self, x):
        if self.sides is not None:
            x = functional.pad(x, self.sides)
        return self.pointwise(self.depthwise(x))
'''


OF_RANK: dict[str, Callable[[int], str]] = {
    "PaddedConv": _padded_conv,
    "PaddedMaxPool": _padded("MaxPool", "MaxPool", "Max pooling of its input", ', value=float("-inf")'),
    "PaddedAvgPool": _padded("AvgPool", "AvgPool", "Average pooling of its input"),
    "SeparableConv": _separable,
}
"""Helpers for 1, 2 and 3 spatial axes, by their name without the number."""

HELPERS: dict[str, str] = {
    **{f"{name}{rank}d": text(rank) for name, text in OF_RANK.items() for rank in (1, 2, 3)},
    "ChannelNorm": '''class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "ChannelEmbedding": '''class ChannelEmbedding(nn.Embedding):
    """A vector for each whole number of a map with one channel: the channels."""

    def forward(self, x):
        return super().forward(x[:, 0].long()).movedim(-1, 1)
''',
    "ChannelRMSNorm": '''class ChannelRMSNorm(nn.RMSNorm):
    """Root mean square normalization over the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "Scale": '''class Scale(nn.Module):
    """Multiplies by learned factors, alike along `axes`, and adds learned offsets."""

    def __init__(self, shape, axes=0, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None
        self.shape = self.weight.shape + (1,) * axes

    def forward(self, x):
        x = x * self.weight.view(self.shape)
        return x if self.bias is None else x + self.bias.view(self.shape)
''',
    "Shift": '''class Shift(nn.Module):
    """Adds learned offsets, the same along `axes`."""

    def __init__(self, shape, axes=0):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(shape))
        self.shape = self.bias.shape + (1,) * axes

    def forward(self, x):
        return x + self.bias.view(self.shape)
''',
    "Rescale": '''class Rescale(nn.Module):
    """Multiplies by a fixed factor and adds a fixed offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x):
        return x * self.factor + self.offset
''',
    "Reshape": '''class Reshape(nn.Module):
    """Changes the shape of each sample."""

    def __init__(self, shape):
        super().__init__()
        self.shape = shape

    def forward(self, x):
        return x.reshape(x.shape[0], *self.shape)
''',
    "Slice": '''class Slice(nn.Module):
    """Keeps the positions of one axis from `start` up to, but not including, `stop`."""

    def __init__(self, start, stop, dim=1):
        super().__init__()
        self.start, self.stop, self.dim = start, stop, dim

    def forward(self, x):
        return x.narrow(self.dim, self.start, self.stop - self.start)
''',
    "Permute": '''class Permute(nn.Module):
    """Puts the axes into another order."""

    def __init__(self, dims):
        super().__init__()
        self.dims = dims

    def forward(self, x):
        return x.permute(self.dims)
''',
    "Reduce": '''class Reduce(nn.Module):
    """Reduces axes to one value with a function of torch: mean, sum, amax …"""

    def __init__(self, how, dims, keepdim=True):
        super().__init__()
        self.how, self.dims, self.keepdim = how, dims, keepdim

    def forward(self, x):
        return getattr(torch, self.how)(x, dim=self.dims, keepdim=self.keepdim)
''',
    "L2Normalize": '''class L2Normalize(nn.Module):
    """Divides by the Euclidean norm along axes."""

    def __init__(self, dims, eps=1e-12):
        super().__init__()
        self.dims, self.eps = dims, eps

    def forward(self, x):
        return functional.normalize(x, dim=self.dims, eps=self.eps)
''',
    "Pad": '''class Pad(nn.Module):
    """Pads with zeros: the last axis first, the channels last."""

    def __init__(self, padding):
        super().__init__()
        self.padding = padding

    def forward(self, x):
        return functional.pad(x, self.padding)
''',
    "Add": '''class Add(nn.ModuleDict):
    """The sum of branches that read the same tensor."""

    def forward(self, x):
        return sum(branch(x) for branch in self.values())
''',
    "Mul": '''class Mul(nn.ModuleDict):
    """The product of branches that read the same tensor."""

    def forward(self, x):
        y = 1
        for branch in self.values():
            y = branch(x) * y
        return y
''',
    "Concat": '''class Concat(nn.ModuleDict):
    """The channels of branches that read the same tensor, one after the other."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.values()], dim=1)
''',
    "cropped": '''def cropped(*maps):
    """Maps cropped around their centre to the smallest size."""
    for axis in range(2, maps[0].dim()):
        size = min(x.shape[axis] for x in maps)
        maps = [x.narrow(axis, (x.shape[axis] - size) // 2, size) for x in maps]
    return maps
''',
}
"""The text of each helper."""
