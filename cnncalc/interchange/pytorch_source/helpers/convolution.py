"""Convolutions that torch.nn lacks."""

from collections.abc import Callable, Mapping


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


def _standardized(rank: int) -> str:
    axes = ", ".join(map(str, range(1, rank + 2)))
    return f'''class StandardizedConv{rank}d(nn.Conv{rank}d):
    """A convolution whose filters are normalized to mean 0 and variance 1."""

    def __init__(self, *args, eps=1e-5, **options):
        super().__init__(*args, **options)
        self.eps = eps

    def forward(self, x):
        variance, mean = torch.var_mean(
            self.weight, dim=({axes}), correction=0, keepdim=True
        )
        weight = (self.weight - mean) / (variance + self.eps).sqrt()
        return self._conv_forward(x, weight, self.bias)
'''


def _sparse(rank: int) -> str:
    return f'''class SparseConv{rank}d(nn.Module):
    """A convolution whose filters read only the input maps that `table` lists."""

    def __init__(self, in_channels, table, kernel_size, stride=1, padding=0, bias=True):
        super().__init__()
        self.stride, self.padding = stride, padding
        self.filters = [number for number, maps in enumerate(table) for _ in maps]
        self.maps = [each for maps in table for each in maps]
        self.shape = (len(table), in_channels, *kernel_size)
        self.weight = nn.Parameter(torch.randn(len(self.maps), *kernel_size))
        self.bias = nn.Parameter(torch.zeros(len(table))) if bias else None

    def forward(self, x):
        weight = x.new_zeros(self.shape)
        weight[self.filters, self.maps] = self.weight
        return functional.conv{rank}d(
            x, weight, self.bias, stride=self.stride, padding=self.padding
        )
'''


OF_RANK: Mapping[str, Callable[[int], str]] = {
    "PaddedConv": _padded_conv,
    "SeparableConv": _separable,
    "StandardizedConv": _standardized,
    "SparseConv": _sparse,
}

HELPERS: Mapping[str, str] = {
    "LocallyConnected": '''class LocallyConnected(nn.Module):
    """A convolution with kernels of its own for each output position.

    `sides` is the padding: the last axis first.
    """

    def __init__(
        self,
        in_channels,
        out_channels,
        output_size,
        kernel_size,
        stride,
        sides,
        bias=True,
    ):
        super().__init__()
        self.output_size, self.kernel_size = output_size, kernel_size
        self.stride, self.sides = stride, sides
        kernels = (math.prod(output_size), out_channels, in_channels, *kernel_size)
        self.weight = nn.Parameter(torch.randn(kernels))
        self.bias = None
        if bias:
            self.bias = nn.Parameter(torch.zeros(out_channels, *output_size))

    def forward(self, x):
        x = functional.pad(x, self.sides)
        for dim, size in enumerate(self.kernel_size):
            x = x.unfold(dim + 2, size, self.stride[dim])
        x = x.flatten(2, 1 + len(self.output_size)).flatten(3)
        y = torch.einsum("bcpk,pfck->bfp", x, self.weight.flatten(3))
        y = y.unflatten(2, self.output_size)
        return y if self.bias is None else y + self.bias
''',
}
