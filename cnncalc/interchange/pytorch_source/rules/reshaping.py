"""Layers that move values: reshaping, reducing, padding and resampling."""

from collections.abc import Callable, Mapping

from cnncalc.interchange.pytorch_source.expressions import LayerCall, Value
from cnncalc.interchange.pytorch_source.rules.calls import (
    LackingError,
    Rule,
    flat,
    need_axes,
    of,
    one,
    plain,
)
from cnncalc.layers import Layer
from cnncalc.layers.naming import axis_number, axis_numbers
from cnncalc.layers.rearranging import Permute, Select, Split
from cnncalc.layers.reducing import L2Normalize, Reduce
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Dropout, Flatten, Identity, Pad, Reshape, Slice
from cnncalc.layers.sliding import both_sides
from cnncalc.shapes import Shape


def reshape(layer: Reshape, x: Shape) -> LayerCall:
    y = layer.output(x)
    if -1 in layer.shape and y.dims() == (x.size,):
        return LayerCall("nn.Flatten")
    if -1 in layer.shape and y.dims() == (x.channels, x.positions) and x.rank:
        return of("nn.Flatten", start_dim=(2, 1))
    return of("Reshape", ("shape", layer.shape))


def split(layer: Split, x: Shape) -> str:
    """The method of a tensor that gives all parts."""
    sizes, dim = layer.sizes(x), axis_number(layer.axis, x) + 1
    if len(set(sizes)) == 1:
        return f"chunk({len(sizes)}, dim={dim})"
    return f"split({sizes}, dim={dim})"


def slice_(layer: Slice, x: Shape) -> LayerCall:
    start, stop = layer.channels
    return of("Slice", ("start", start), ("stop", stop), dim=(1, 1))


def part(layer: Split | Select, x: Shape) -> LayerCall:
    axis, start, stop = layer.bounds(x)
    return of("Slice", ("start", start), ("stop", stop), dim=(axis + 1, 1))


def permute(layer: Permute, x: Shape) -> LayerCall:
    return of("Permute", ("dims", (0, *(axis_number(name, x) + 1 for name in layer.order))))


def reduce(layer: Reduce, x: Shape) -> LayerCall:
    numbers = axis_numbers(layer.over, x)
    if layer.mode == "product":
        raise LackingError("torch.prod takes one axis")
    if not layer.keepdims and len(numbers) > x.rank:
        raise LackingError("it leaves no axis")
    names = {"max": "amax", "min": "amin", "l2": "norm"}
    dims = tuple(number + 1 for number in numbers)
    return of(
        "Reduce",
        ("how", names.get(layer.mode, layer.mode)),
        ("dims", dims),
        keepdim=(layer.keepdims, True),
    )


def l2_normalize(layer: L2Normalize, x: Shape) -> LayerCall:
    dims = tuple(number + 1 for number in axis_numbers(layer.over, x))
    return of("L2Normalize", ("dims", dims), eps=(layer.eps, 1e-12))


def pad(layer: Pad, x: Shape) -> LayerCall:
    sides = flat(both_sides(x, layer.amount, "amount"))
    if layer.value:
        if layer.channels:
            raise LackingError("it also appends channels")
        return of(f"nn.ConstantPad{x.rank}d", ("padding", one(sides)), ("value", layer.value))
    if layer.channels:
        if layer.mode != "zeros":
            raise LackingError("it also appends channels")
        return of("nn.ZeroPad3d" if x.rank == 2 else "Pad", ("padding", (*sides, 0, layer.channels)))
    names = {"zeros": "Zero", "reflect": "Reflection", "replicate": "Replication", "circular": "Circular"}
    return of(f"nn.{names[layer.mode]}Pad{x.rank}d", ("padding", one(sides)))


def crop(layer: Crop, x: Shape) -> LayerCall:
    sides = flat(both_sides(x, layer.amount, "amount"))
    return of(f"nn.ZeroPad{x.rank}d", ("padding", one(tuple(-n for n in sides))))


def upsample(layer: Upsample, x: Shape) -> LayerCall:
    method, coefficient = layer.method, layer.cubic_coefficient
    if method == "area":
        return of(f"nn.AdaptiveAvgPool{x.rank}d", ("output_size", one(layer.output(x).spatial)))
    where = "asymmetric" if method == "nearest" else "half_pixel"
    if layer.coordinates not in (None, where) or layer.rounding != "floor":
        raise LackingError("PyTorch maps outputs to inputs in another way")
    if method == "cubic" and (x.rank != 2 or coefficient != -0.75):
        raise LackingError("PyTorch has it for two spatial axes, with the coefficient -0.75")
    linear = ("linear", "bilinear", "trilinear")[x.rank - 1]
    mode = {"nearest": "nearest", "linear": linear, "cubic": "bicubic"}[method]
    corners: Value = (layer.align_corners and method != "nearest") or None
    if layer.size is not None:
        size: Value = one(layer.output(x).spatial)
        return of("nn.Upsample", size=(size, None), mode=(mode, "nearest"), align_corners=(corners, None))
    factor: Value = layer.scale
    return of(
        "nn.Upsample", scale_factor=(factor, None), mode=(mode, "nearest"), align_corners=(corners, None)
    )


def shuffled(name: str, option: str) -> Callable[[PixelShuffle | SpaceToDepth, Shape], LayerCall]:
    def call(layer: PixelShuffle | SpaceToDepth, x: Shape) -> LayerCall:
        need_axes(x, most=2, least=2)
        return of(f"nn.{name}", (option, layer.factor))

    return call


def channel_shuffle(layer: ChannelShuffle, x: Shape) -> LayerCall:
    need_axes(x)
    return of("nn.ChannelShuffle", ("groups", layer.groups))


MODULES: Mapping[type[Layer], Rule] = {
    Dropout: lambda layer, x: of("nn.Dropout", ("p", layer.rate)),
    Identity: plain("nn.Identity"),
    Flatten: plain("nn.Flatten"),
    Reshape: reshape,
    ChannelShuffle: channel_shuffle,
    Slice: slice_,
    Split: part,
    Select: part,
    Permute: permute,
    Reduce: reduce,
    L2Normalize: l2_normalize,
    Pad: pad,
    Crop: crop,
    Upsample: upsample,
    PixelShuffle: shuffled("PixelShuffle", "upscale_factor"),
    SpaceToDepth: shuffled("PixelUnshuffle", "downscale_factor"),
}
