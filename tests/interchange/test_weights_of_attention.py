"""Weights of transformers: stacked projections are taken apart, tables of positions turned around."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cnncalc import from_torch
from cnncalc.executor.io.weights import WeightsError
from cnncalc.executor.weight_files import read_mapped
from cnncalc.problems import SpecError
from tests.interchange.test_weights_of_models import assert_same_outputs, randomized, saved
from tests.with_torch import Module, torch

pytestmark = pytest.mark.crosscheck

MODELS = """
from collections import OrderedDict
import torch
import torch.nn.functional as F
from torch import nn


class Mlp(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class EncoderBlock(nn.Module):
    '''As in torchvision.'''
    def __init__(self, width, heads):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.self_attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.ln_2, self.mlp = nn.LayerNorm(width), Mlp(width)

    def forward(self, x):
        y = self.ln_1(x)
        x = x + self.self_attention(y, y, y, need_weights=False)[0]
        return x + self.mlp(self.ln_2(x))


class Attention(nn.Module):
    '''As in timm.'''
    def __init__(self, width, heads, bias=True):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width, bias), nn.Linear(width, width)

    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c))


class Block(nn.Module):
    def __init__(self, width, heads, make=Attention):
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width), make(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class Encoder(nn.Module):
    def __init__(self, depth, width, heads, tokens):
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.zeros(1, tokens, width))
        blocks = {f"encoder_layer_{at}": EncoderBlock(width, heads) for at in range(depth)}
        self.layers, self.ln = nn.Sequential(OrderedDict(blocks)), nn.LayerNorm(width)

    def forward(self, x):
        return self.ln(self.layers(x + self.pos_embedding))


class VisionTransformer(nn.Module):
    def __init__(self, depth=2, width=8, heads=2):
        super().__init__()
        self.class_token = nn.Parameter(torch.zeros(1, 1, width))
        self.conv_proj = nn.Conv2d(3, width, 4, 4)
        self.encoder = Encoder(depth, width, heads, 17)
        self.heads = nn.Sequential(OrderedDict(head=nn.Linear(width, 5)))

    def forward(self, x):
        x = self.conv_proj(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], 1)
        return self.heads(self.encoder(x)[:, 0])


class Deep(VisionTransformer):
    '''With a tenth block, whose name sorts before that of the second.'''
    def __init__(self):
        super().__init__(depth=12)


class Timm(nn.Module):
    def __init__(self, make=Attention, width=8, patch=4):
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + (16 // patch) ** 2, width))
        self.patch_embed = nn.Conv2d(3, width, patch, patch)
        self.blocks = nn.Sequential(*(Block(width, 2, make) for _ in range(3)))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, 5)

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls_token.expand(x.shape[0], -1, -1), x], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(x))[:, 0])


class WithoutBias(Timm):
    def __init__(self):
        super().__init__(lambda width, heads: Attention(width, heads, bias=False))


class KeysAndValues(nn.Module):
    '''As in PVT: keys and values of a smaller map.'''
    def __init__(self, width=8, heads=2):
        super().__init__()
        self.heads, self.q, self.kv = heads, nn.Linear(width, width), nn.Linear(width, 2 * width)
        self.sr, self.norm = nn.Conv2d(width, width, 2, 2), nn.LayerNorm(width)
        self.proj = nn.Linear(width, width)

    def forward(self, x):
        b, c, h, w = x.shape
        y = self.norm(self.sr(x).flatten(2).transpose(1, 2))
        x = x.flatten(2).transpose(1, 2)
        q = self.q(x).reshape(b, h * w, self.heads, -1).permute(0, 2, 1, 3)
        k, v = self.kv(y).reshape(b, -1, 2, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, h * w, c)).mean(1)


class Unequal(nn.Module):
    '''Convolutions, and values with more channels than keys.'''
    def __init__(self):
        super().__init__()
        self.to_qkv, self.out = nn.Conv2d(8, 21, 1, bias=False), nn.Conv2d(9, 8, 1)

    def forward(self, x):
        b, _, h, w = x.shape
        q, k, v = (each.view(b, 3, -1, h * w).transpose(2, 3) for each in self.to_qkv(x).split([6, 6, 9], 1))
        y = F.scaled_dot_product_attention(q, k, v).transpose(2, 3).reshape(b, 9, h, w)
        return self.out(y)


class Windows(nn.Module):
    '''As in Swin, with its buffers.'''
    def __init__(self, width, heads, shift):
        super().__init__()
        self.heads, self.shift = heads, shift
        self.relative_position_bias_table = nn.Parameter(torch.zeros(9, heads))
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        places = torch.stack(torch.meshgrid(torch.arange(2), torch.arange(2), indexing="ij")).flatten(1)
        offsets = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + 1
        self.register_buffer("relative_position_index", (offsets * torch.tensor([3, 1])).sum(-1))
        mask = None
        if shift:
            part = torch.zeros(4, 4)
            part[3:] += 1
            part[:, 3:] += 2
            part = part.view(2, 2, 2, 2).transpose(1, 2).reshape(4, 4)
            mask = torch.where(part[:, None] == part[:, :, None], 0.0, -100.0)
        self.register_buffer("attn_mask", mask)

    def forward(self, x):
        b, h, w, c = x.shape
        x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        x = x.view(b, 2, 2, 2, 2, c).transpose(2, 3).reshape(b * 4, 4, c)
        q, k, v = self.qkv(x).reshape(b * 4, 4, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        weights = (q * (c // self.heads) ** -0.5) @ k.transpose(-2, -1)
        bias = self.relative_position_bias_table[self.relative_position_index.view(-1)]
        weights = weights + bias.view(4, 4, -1).permute(2, 0, 1).contiguous().unsqueeze(0)
        if self.attn_mask is not None:
            weights = weights.view(b, 4, self.heads, 4, 4) + self.attn_mask.unsqueeze(1).unsqueeze(0)
            weights = weights.view(-1, self.heads, 4, 4)
        x = (weights.softmax(-1) @ v).transpose(1, 2).reshape(b * 4, 4, c)
        x = self.proj(x).view(b, 2, 2, 2, 2, c).transpose(2, 3).reshape(b, h, w, c)
        return torch.roll(x, (self.shift, self.shift), (1, 2))


class Swin(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, 8, 4, 4)
        makers = [lambda width, heads, shift=shift: Windows(width, heads, shift) for shift in (0, 1, 0, 1)]
        self.layers = nn.Sequential(*(Block(8, 2, make) for make in makers))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 5)

    def forward(self, x):
        x = self.layers(self.patch_embed(x).permute(0, 2, 3, 1))
        return self.head(self.norm(x).mean((1, 2)))


class Interleaved(Attention):
    '''As in timm's MaxViT: query, key and value of a head are neighbours.'''
    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).view(b, n, self.heads, -1).transpose(1, 2).chunk(3, -1)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c))


class OfHeads(Timm):
    def __init__(self):
        super().__init__(Interleaved)


class KeysFirst(Attention):
    def forward(self, x):
        b, n, c = x.shape
        k, q, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c))


class OfKeysFirst(Timm):
    def __init__(self):
        super().__init__(KeysFirst)


class Warm(Attention):
    '''With another factor, which `attention` does not have.'''
    def forward(self, x):
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v, scale=0.3)
        return self.proj(y.transpose(1, 2).reshape(b, n, c))


class OfWarm(Timm):
    def __init__(self):
        super().__init__(Warm)


class Mixed(Timm):
    def __init__(self):
        super().__init__()
        self.blocks[1].attn = Warm(8, 2)


class Square(Timm):
    '''As many positions as channels: the sizes of the table do not say which axis is which.'''
    def __init__(self):
        super().__init__(width=17 + 1)
        self.pos_embed = nn.Parameter(torch.zeros(1, 18, 18))
        self.more = nn.Parameter(torch.zeros(1, 1, 18))

    def forward(self, x):
        x = self.patch_embed(x).flatten(2).transpose(1, 2)
        tokens = [each.expand(x.shape[0], -1, -1) for each in (self.cls_token, self.more)]
        return self.head(self.norm(self.blocks(torch.cat([*tokens, x], 1) + self.pos_embed))[:, 0])


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(16, 16))

    def forward(self, x):
        return x + self.bias


class WithBatchNorm(nn.Module):
    '''As in MobileViT: statistics beside stacked projections.'''
    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.norm = nn.Conv2d(3, 8, 4, 4), nn.BatchNorm2d(8), nn.LayerNorm(8)
        self.blocks = nn.Sequential(Block(8, 2), Block(8, 4))

    def forward(self, x):
        return self.norm(self.blocks(self.bn(self.conv(x)).flatten(2).transpose(1, 2))).mean(1)


class SquareByName(nn.Module):
    '''A table whose name is that of a layer's tensor, but whose axes are in another order.'''
    def __init__(self):
        super().__init__()
        self.conv, self.positions = nn.Conv2d(3, 16, 4, 4), Positions()
        self.fc = nn.Linear(16, 2)

    def forward(self, x):
        return self.fc(self.positions(self.conv(x).flatten(2).transpose(1, 2)))
"""
SIZES = {"KeysAndValues": "8x4x4", "Unequal": "8x3x4"}
SAME = (
    *("VisionTransformer", "Timm", "WithoutBias", "KeysAndValues", "Unequal", "Swin"),
    "WithBatchNorm",
    *("OfHeads", "OfKeysFirst", "OfWarm"),
)


def made(name: str) -> Module:
    """A model whose parameters are all different."""
    names: dict[str, Any] = {}
    exec(MODELS, names)
    return randomized(names[name]())


@pytest.mark.parametrize("kind", ["pt", "safetensors", "npz"])
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("name", SAME)
def test_the_outputs_are_those_of_the_module(name: str, flat: bool, kind: str, tmp_path: Path) -> None:
    model = made(name)
    spec = from_torch(model, SIZES.get(name, "3x16x16"), flat=flat)
    assert_same_outputs(spec, model, saved(model, kind, tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pt", "safetensors"])
def test_blocks_are_in_the_order_of_their_numbers(kind: str, tmp_path: Path) -> None:
    model = made("Deep")
    spec = from_torch(model, "3x16x16")
    assert spec.source.text.count("\n") < 40
    assert_same_outputs(spec, model, saved(model, kind, tmp_path))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Timm", "attention"), ("Swin", "attention"), ("OfHeads", "matmul"), ("OfKeysFirst", "matmul")],
)
def test_rows_in_another_order_are_no_attention_layer(name: str, kind: str) -> None:
    spec = from_torch(made(name), "3x16x16")
    assert kind in {node.layer.kind for node in spec.graph.layers}


def test_stacked_projections_are_counted(tmp_path: Path) -> None:
    model = made("Timm")
    spec = from_torch(model, "3x16x16", flat=True)
    read = read_mapped(saved(model, "pt", tmp_path), spec.graph)
    assert read.stacked == 6
    rows = model.blocks[1].attn.qkv.weight[8:16].detach().numpy()
    np.testing.assert_array_equal(read.tensors["blocks.1.attn.key"], rows)


def test_what_is_stacked_in_some_layers_only_is_refused(tmp_path: Path) -> None:
    model = made("Mixed")
    spec = from_torch(model, "3x16x16")
    with pytest.raises(WeightsError, match="do not fit this network"):
        read_mapped(saved(model, "pt", tmp_path), spec.graph)


def test_a_square_table_is_read_from_its_own_name_only(tmp_path: Path) -> None:
    model = made("Square")
    spec = from_torch(model, "3x16x16")
    wanted = r"pos_embed may have its channels first or last: save it as shift1\.bias, 18×18, channels first"
    with pytest.raises(WeightsError, match=wanted):
        read_mapped(saved(model, "pt", tmp_path), spec.graph)
    tensors = model.state_dict()
    tensors["shift1.bias"] = tensors.pop("pos_embed")[0].T
    torch.save(tensors, tmp_path / "own.pt")
    assert_same_outputs(spec, model, tmp_path / "own.pt")


def test_a_square_table_of_that_name_with_other_axes_is_no_import() -> None:
    with pytest.raises(
        SpecError, match=r"positions would get positions\.bias with its axes in another order"
    ):
        from_torch(made("SquareByName"), "3x16x16")


def test_another_order_of_offsets_is_refused(tmp_path: Path) -> None:
    model = made("Swin")
    spec = from_torch(model, "3x16x16")
    model.layers[2].attn.relative_position_index = model.layers[2].attn.relative_position_index.T.clone()
    with pytest.raises(WeightsError, match=r"layers\.2\.attn\.relative_position_index has the offsets of "):
        read_mapped(saved(model, "pt", tmp_path), spec.graph)
