"""Layers along named axes, in PyTorch; a function with the name of a kind is its twin."""

from collections.abc import Mapping
from typing import Any

from tests.with_torch import Tensor, torch
from tests.with_torch import functional as F  # noqa: N812

NAMES = {
    2: ("batch", "channels"),
    3: ("batch", "channels", "length"),
    4: ("batch", "channels", "height", "width"),
    5: ("batch", "channels", "depth", "height", "width"),
}
"""The axes of a tensor in PyTorch, by their number."""

Tensors = Mapping[str, Tensor]


def axis(name: str, x: Tensor) -> int:
    return NAMES[x.dim()].index(name)


def axes(over: str | tuple[str, ...], x: Tensor) -> tuple[int, ...]:
    if over == "positions":
        return tuple(range(2, x.dim()))
    return tuple(axis(name, x) for name in ((over,) if isinstance(over, str) else over))


def permute(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return x.permute(0, *(axis(name, x) for name in layer.order)).contiguous()


def split(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    at = axis(layer.axis, x)
    if isinstance(layer.parts, int):
        return torch.chunk(x, layer.parts, at)[layer.part]
    return torch.split(x, list(layer.parts), at)[layer.part]


def select(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    at = 2 if layer.axis is None else axis(layer.axis, x)
    if isinstance(layer.index, int):
        return x.select(at, layer.index).unsqueeze(at)
    return x.movedim(at, 0)[slice(*layer.index)].movedim(0, at)


def reduce(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    over = axes(layer.over, x)
    match layer.mode:
        case "mean":
            y = x.mean(over, keepdim=True)
        case "max":
            y = x.amax(over, keepdim=True)
        case "min":
            y = x.amin(over, keepdim=True)
        case "sum":
            y = x.sum(over, keepdim=True)
        case "product":
            y = x
            for at in over:
                y = y.prod(at, keepdim=True)
        case "l2":
            y = torch.linalg.vector_norm(x, dim=over, keepdim=True)
        case _:
            y = torch.logsumexp(x, over, keepdim=True)
    if layer.keepdims:
        return y
    left = [n for at, n in enumerate(y.shape) if at not in over]
    return y.reshape(left if len(left) > 1 else (*left, 1))


def embedding(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    return F.embedding(x[:, 0].long(), w["weight"]).movedim(-1, 1).contiguous()


def rms_norm(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    if layer.over == "all":
        return F.rms_norm(x, x.shape[1:], w.get("weight"), layer.eps)
    return F.rms_norm(x.movedim(1, -1), x.shape[1:2], w.get("weight"), layer.eps).movedim(-1, 1)


def global_response_norm(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    """As in timm's GlobalResponseNorm."""
    norm = x.flatten(2).norm(dim=2) if x.dim() > 2 else x.abs()
    share = norm / (norm.mean(1, keepdim=True) + layer.eps)
    weight, bias, share = (
        each.reshape(*each.shape, *(1,) * (x.dim() - 2)) for each in (w["weight"], w["bias"], share)
    )
    return x + torch.addcmul(bias, weight, x * share)


def l2_normalize(layer: Any, w: Tensors, x: Tensor) -> Tensor:
    norms = torch.linalg.vector_norm(x, dim=axes(layer.over, x), keepdim=True)
    return x / norms.clamp_min(layer.eps)
