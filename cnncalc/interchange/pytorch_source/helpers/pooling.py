"""Poolings that torch.nn lacks."""

from collections.abc import Callable, Mapping


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


def _inside(rank: int) -> str:
    return f'''class InsideAvgPool{rank}d(nn.AvgPool{rank}d):
    """The mean of the positions of each window that `sides` did not pad."""

    def __init__(self, *args, sides, **options):
        super().__init__(*args, **options)
        self.sides = sides

    def forward(self, x):
        inside = functional.pad(torch.ones_like(x[:1, :1]), self.sides)
        y = super().forward(functional.pad(x, self.sides))
        return y / super().forward(inside)
'''


def _mixed(rank: int) -> str:
    return f'''class MixPool{rank}d(nn.Module):
    """`alpha` times the maximum of each window plus 1 - `alpha` times its mean."""

    def __init__(self, *args, alpha=0.5, **options):
        super().__init__()
        self.alpha = alpha
        self.max = nn.MaxPool{rank}d(*args, **options)
        self.mean = nn.AvgPool{rank}d(*args, **options)

    def forward(self, x):
        return self.alpha * self.max(x) + (1 - self.alpha) * self.mean(x)
'''


def _pyramid(name: str) -> Callable[[int], str]:
    return lambda rank: (
        f'''class SpatialPyramid{name}Pool{rank}d(nn.Module):
    """Pools over grids of several sizes; the bins of all make one vector."""

    def __init__(self, bins):
        super().__init__()
        self.levels = nn.ModuleList(nn.Adaptive{name}Pool{rank}d(size) for size in bins)

    def forward(self, x):
        return torch.cat([level(x).flatten(1) for level in self.levels], dim=1)
'''
    )


def _unpool(rank: int) -> str:
    first = ", ".join("0" * rank)
    return f'''class Unpool{rank}d(nn.Module):
    """Puts each value first in a window of zeros."""

    def __init__(self, kernel_size, stride=None):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride or kernel_size

    def forward(self, x):
        channels = x.shape[1]
        kernel = x.new_zeros(channels, 1, *self.kernel_size)
        kernel[:, :, {first}] = 1
        return functional.conv_transpose{rank}d(
            x, kernel, stride=self.stride, groups=channels
        )
'''


def _max_unpool(rank: int) -> str:
    return f'''class MaxUnpool{rank}d(nn.MaxUnpool{rank}d):
    """Moves values to where a max pooling of the map `before` finds its maxima."""

    def forward(self, x, before):
        _, indices = functional.max_pool{rank}d(
            before, self.kernel_size, self.stride, return_indices=True
        )
        return super().forward(x, indices, output_size=before.shape)
'''


OF_RANK: Mapping[str, Callable[[int], str]] = {
    "PaddedMaxPool": _padded("MaxPool", "MaxPool", "Max pooling of its input", ', value=float("-inf")'),
    "PaddedAvgPool": _padded("AvgPool", "AvgPool", "Average pooling of its input"),
    "InsideAvgPool": _inside,
    "MixPool": _mixed,
    "SpatialPyramidMaxPool": _pyramid("Max"),
    "SpatialPyramidAvgPool": _pyramid("Avg"),
    "Unpool": _unpool,
    "MaxUnpool": _max_unpool,
}

HELPERS: Mapping[str, str] = {
    "GaussianPool": '''class GaussianPool(nn.Module):
    """Means of windows, weighted by a Gaussian around the centre of each.

    `sides` is the padding: the last axis first.
    """

    def __init__(self, kernel_size, stride, sides, sigma=1.0):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride
        self.sides, self.sigma = sides, sigma

    def forward(self, x):
        x = functional.pad(x, self.sides)
        for dim, size in enumerate(self.kernel_size):
            places = torch.arange(size, device=x.device, dtype=x.dtype) - (size - 1) / 2
            weights = torch.softmax(-0.5 * (places / self.sigma) ** 2, dim=0)
            x = x.unfold(dim + 2, size, self.stride[dim]) @ weights
        return x
''',
    "BlurPool": '''class BlurPool(nn.Module):
    """Blurs each channel with a binomial filter, then subsamples.

    The border is padded by reflection.
    """

    def __init__(self, kernel_size, stride):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride

    def forward(self, x):
        sizes = reversed(self.kernel_size)
        sides = [side for size in sizes for side in ((size - 1) // 2, size // 2)]
        x = functional.pad(x, sides, mode="reflect")
        for dim, size in enumerate(self.kernel_size):
            weights = [math.comb(size - 1, at) / 2 ** (size - 1) for at in range(size)]
            x = x.unfold(dim + 2, size, self.stride[dim]) @ x.new_tensor(weights)
        return x
''',
    "SpectralPool": '''class SpectralPool(nn.Module):
    """Keeps the lowest frequencies of each map.

    Of an even number, the last one is the mean of both ends of the spectrum.
    """

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, x):
        for dim, size in enumerate(self.output_size, start=2):
            spectrum = torch.fft.fft(x, dim=dim)
            length, half = x.shape[dim], (size - 1) // 2
            parts = [spectrum.narrow(dim, 0, half + 1)]
            if size % 2 == 0:
                ends = (size // 2, length - size // 2)
                parts.append(sum(spectrum.narrow(dim, end, 1) for end in ends) / 2)
            parts.append(spectrum.narrow(dim, length - half, half))
            x = torch.fft.ifft(torch.cat(parts, dim), dim=dim).real * (size / length)
        return x
''',
}
