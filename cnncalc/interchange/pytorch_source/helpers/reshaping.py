"""Layers that move values, and merges of branches, which torch.nn lacks."""

from collections.abc import Mapping

HELPERS: Mapping[str, str] = {
    "ChannelEmbedding": '''class ChannelEmbedding(nn.Embedding):
    """A vector for each whole number of a map with one channel: the channels."""

    def forward(self, x):
        return super().forward(x[:, 0].long()).movedim(-1, 1)
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
        return sum([branch(x) for branch in self.values()])
''',
    "Mul": '''class Mul(nn.ModuleDict):
    """The product of branches that read the same tensor."""

    def forward(self, x):
        return math.prod(branch(x) for branch in self.values())
''',
    "Concat": '''class Concat(nn.ModuleDict):
    """The channels of branches that read the same tensor, one after the other."""

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.values()], dim=1)
''',
    "centre": '''def centre(x, sizes):
    """The slices that leave the middle of a map."""
    starts = [(n - size) // 2 for n, size in zip(x.shape[2:], sizes)]
    return [slice(start, start + size) for start, size in zip(starts, sizes)]
''',
    "cropped": '''def cropped(*maps):
    """Maps cropped around their centre to the smallest size."""
    sizes = [min(axis) for axis in zip(*(x.shape[2:] for x in maps))]
    return [x[(..., *centre(x, sizes))] for x in maps]
''',
}
