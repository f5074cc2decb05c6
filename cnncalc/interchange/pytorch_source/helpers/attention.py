"""Attention of the positions of maps; torch.nn.MultiheadAttention has channels last."""

from collections.abc import Mapping

HELPERS: Mapping[str, str] = {
    "Attention": '''class Attention(nn.Module):
    """Multi-head attention: each position reads all others, or those of `context`."""

    def __init__(
        self,
        channels,
        heads,
        context_channels=None,
        key_channels=None,
        value_channels=None,
        out_channels=None,
        bias=True,
        out_bias=True,
        causal=False,
    ):
        super().__init__()
        self.heads, self.causal = heads, causal
        inputs = context_channels or channels
        keys, values = key_channels or channels, value_channels or channels
        self.query = nn.Linear(channels, keys, bias=bias)
        self.key = nn.Linear(inputs, keys, bias=bias)
        self.value = nn.Linear(inputs, values, bias=bias)
        self.out = nn.Linear(values, out_channels or channels, bias=out_bias)

    def attend(self, x, context, mask=None):
        """The attention of sequences: (batch, positions, channels)."""
        query, key, value = (
            each.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for each in (self.query(x), self.key(context), self.value(context))
        )
        y = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask, is_causal=self.causal
        )
        return self.out(y.transpose(1, 2).flatten(2))

    def forward(self, x, context=None):
        context = x if context is None else context
        sequences = (each.flatten(2).transpose(1, 2) for each in (x, context))
        y = self.attend(*sequences).transpose(1, 2)
        return y.reshape(x.shape[0], -1, *x.shape[2:])
''',
    "WindowAttention": '''class WindowAttention(Attention):
    """Attention within windows of a map, which `shift` moves (Liu et al. 2021).

    `relative` adds a learned bias for each head and offset of two positions.
    """

    def __init__(self, *args, window, shift=(0, 0), relative=False, **options):
        super().__init__(*args, **options)
        self.window, self.shift = window, shift
        height, width = window
        offsets = (2 * height - 1) * (2 * width - 1)
        self.relative = None
        if relative:
            self.relative = nn.Parameter(torch.zeros(offsets, self.heads))

    def split(self, x):
        """The windows as sequences: (batch * windows, positions, channels)."""
        channels, (height, width) = x.shape[1], self.window
        x = x.unflatten(3, (-1, width)).unflatten(2, (-1, height))
        return x.permute(0, 2, 4, 3, 5, 1).reshape(-1, height * width, channels)

    def join(self, y, size):
        """The inverse of `split`, for a map of this size."""
        height, width = self.window
        rows, columns = size[0] // height, size[1] // width
        y = y.view(-1, rows, columns, height, width, y.shape[-1])
        return y.permute(0, 5, 1, 3, 2, 4).flatten(4).flatten(2, 3)

    def bias(self):
        """The learned bias of each head and pair of positions in a window."""
        height, width = self.window
        places = torch.cartesian_prod(torch.arange(height), torch.arange(width))
        rows, columns = (places[:, None] - places).unbind(-1)
        offsets = (rows + height - 1) * (2 * width - 1) + columns + width - 1
        return self.relative[offsets].movedim(-1, 0)

    def mask(self, x):
        """What is added to scores: biases, and -inf between parts that are not adjacent."""
        mask = x.new_zeros(1, 1, 1) if self.relative is None else self.bias()
        if any(self.shift):
            part = torch.zeros_like(x[:, :1])
            part[:, :, x.shape[2] - self.shift[0] :] += 1
            part[:, :, :, x.shape[3] - self.shift[1] :] += 2
            part = self.split(part)
            apart = part != part.transpose(1, 2)
            mask = mask.masked_fill(apart[:, None], float("-inf"))
        return mask

    def forward(self, x):
        down, right = self.shift
        x = x.roll((-down, -right), dims=(2, 3))
        windows = self.split(x)
        y = self.join(self.attend(windows, windows, self.mask(x)), x.shape[2:])
        return y.roll((down, right), dims=(2, 3))
''',
    "GridAttention": '''class GridAttention(WindowAttention):
    """Attention over grids of equally spaced positions (Tu et al. 2022)."""

    def split(self, x):
        channels, (height, width) = x.shape[1], self.window
        x = x.unflatten(3, (width, -1)).unflatten(2, (height, -1))
        return x.permute(0, 3, 5, 2, 4, 1).reshape(-1, height * width, channels)

    def join(self, y, size):
        height, width = self.window
        rows, columns = size[0] // height, size[1] // width
        y = y.view(-1, rows, columns, height, width, y.shape[-1])
        return y.permute(0, 5, 3, 1, 4, 2).flatten(4).flatten(2, 3)
''',
}
