"""Other sizes: interpolation, pixels to channels and back, padding and cropping."""

from collections.abc import Callable
from math import isfinite

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering
from cnncalc.interchange.pytorch.operations.rearranging import view
from cnncalc.interchange.pytorch.traces import TracedCall
from cnncalc.layers import Layer
from cnncalc.layers.resampling import PixelShuffle, SpaceToDepth, Upsample
from cnncalc.layers.reshaping import ChannelShuffle, Crop, Pad


def interpolate(lowering: Lowering, call: TracedCall) -> None:
    names = ("input", "size", "scale_factor", "mode", "align_corners", "recompute_scale_factor", "antialias")
    given = Arguments(call, names)
    value, mode = given.value(), given.get("mode", "nearest")
    if mode not in ("nearest", "linear", "bilinear", "trilinear", "bicubic", "area") or given.flag(
        "antialias"
    ):
        raise UnknownCallError(f"interpolate with mode = {mode}")
    before, after = lowering.maps(value, call).shape.spatial, call.outputs[0].dims[2:]
    corners = given.flag("align_corners")
    layer: Layer
    if all(n % m == 0 for m, n in zip(before, after, strict=True)):
        scales = tuple(n // m for m, n in zip(before, after, strict=True))
        layer = Upsample(
            scale=scales[0] if len(set(scales)) == 1 else scales,
            mode=mode,
            align_corners=corners,
        )
    else:
        size = after[0] if len(set(after)) == 1 else after
        layer = Upsample(size=size, mode=mode, align_corners=corners)
    lowering.layer(call, layer, value)


def shuffle(make: Callable[[int], Layer], name: str) -> Handler:
    def handler(lowering: Lowering, call: TracedCall) -> None:
        given = Arguments(call, ("input", name))
        lowering.maps(given.value(), call)
        lowering.layer(call, make(given.whole(name)), given.value())

    return handler


MODES = {"constant": "zeros", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def pad(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "pad", "mode", "value"))
    value, amounts = given.value(), given.get("pad")
    mode = MODES.get(str(given.get("mode", "constant")), "")
    if not isinstance(amounts, tuple) or not mode:
        raise UnknownCallError(f"pad with mode = {given.get('mode')}")
    filling = given.number("value", 0)
    if not isfinite(filling):
        raise UnknownCallError(f"pad with value = {filling}")
    if not any(amounts):
        return view(lowering, call)
    read = lowering.read(value, call)
    rank = read.shape.rank
    if read.last:  # channels first, as amounts are given from the last axis on
        amounts = (*amounts[2:], *(0,) * (2 * rank + 2 - len(amounts)), *amounts[:2])
    pairs = [(int(amounts[at]), int(amounts[at + 1])) for at in range(0, len(amounts), 2)]
    pairs += [(0, 0)] * (rank - len(pairs))
    channels = pairs[rank : rank + 1]
    pairs = pairs[:rank]
    if not pairs:
        raise UnknownCallError(f"{call.name} of a vector")
    if min(map(min, pairs)) < 0 and max(map(max, pairs)) <= 0 and not channels:
        sides = tuple((-start, -stop) for start, stop in reversed(pairs))
        lowering.joined(call, Crop(sides), [read])
        return None
    if min(map(min, pairs)) < 0 or (channels and channels[0][0]):
        raise UnknownCallError(f"pad by {amounts}")
    sides = tuple(reversed(pairs))
    same = len({*sides}) == 1 and sides[0][0] == sides[0][1]
    layer = Pad(
        amount=sides[0][0] if same else sides,
        mode=mode,  # type: ignore[arg-type]
        channels=channels[0][1] if channels else 0,
        value=filling,
    )
    lowering.joined(call, layer, [read])
    return None


RESIZINGS: dict[str, Handler] = {
    **dict.fromkeys(("interpolate", "upsample"), interpolate),
    "pixel_shuffle": shuffle(PixelShuffle, "upscale_factor"),
    "pixel_unshuffle": shuffle(SpaceToDepth, "downscale_factor"),
    "channel_shuffle": shuffle(ChannelShuffle, "groups"),
    "pad": pad,
}
