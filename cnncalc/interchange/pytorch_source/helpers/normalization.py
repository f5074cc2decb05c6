"""Normalizations, scales, shifts and activations that torch.nn lacks."""

from collections.abc import Mapping

HELPERS: Mapping[str, str] = {
    "ChannelNorm": '''class ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "ChannelRMSNorm": '''class ChannelRMSNorm(nn.RMSNorm):
    """Root mean square normalization over the channels at each position."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "GlobalResponseNorm": '''class GlobalResponseNorm(nn.Module):
    """Channels compete by their norms over all positions (Woo et al. 2023)."""

    def __init__(self, num_channels, axes, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(num_channels))
        self.bias = nn.Parameter(torch.zeros(num_channels))
        self.dims, self.eps = tuple(range(2, 2 + axes)), eps
        self.shape = (num_channels,) + (1,) * axes

    def forward(self, x):
        norm = torch.linalg.vector_norm(x, dim=self.dims, keepdim=True)
        norm = norm / (norm.mean(dim=1, keepdim=True) + self.eps)
        weight, bias = self.weight.view(self.shape), self.bias.view(self.shape)
        return x + weight * (x * norm) + bias
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
    "ChannelRescale": '''class ChannelRescale(nn.Module):
    """Multiplies each channel by a fixed factor and adds a fixed offset."""

    def __init__(self, factor, offset):
        super().__init__()
        self.factor, self.offset = factor, offset

    def forward(self, x):
        shape = (-1,) + (1,) * (x.dim() - 2)
        factor, offset = (x.new_tensor(each) for each in (self.factor, self.offset))
        return x * factor.view(shape) + offset.view(shape)
''',
    "ElementPReLU": '''class ElementPReLU(nn.Module):
    """A leaky ReLU with a learned slope for each element."""

    def __init__(self, shape):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, 0.25))

    def forward(self, x):
        return torch.where(x > 0, x, x * self.weight)
''',
    "Abs": '''class Abs(nn.Module):
    """Absolute values."""

    def forward(self, x):
        return x.abs()
''',
    "Hardmax": '''class Hardmax(nn.Module):
    """1 for the largest channel at each position, 0 for the others."""

    def forward(self, x):
        largest = functional.one_hot(x.argmax(dim=1), x.shape[1])
        return largest.movedim(-1, 1).to(x.dtype)
''',
}
