"""The options of a layer as a spec has them: only what differs from the defaults, paddings by name."""

from msgspec.structs import asdict

from cnncalc.interchange.writer.items import Option
from cnncalc.layers import Layer, options_of
from cnncalc.layers.sliding import both_sides
from cnncalc.shapes import Shape
from cnncalc.spec.companions import NORM_WORDS


def options_written(layer: Layer, shape: Shape) -> dict[str, Option]:
    """The options of a layer that reads `shape`, the main one first."""
    given = asdict(layer)
    found: dict[str, Option] = {}
    for name, option in options_of(type(layer)).items():
        value = given[name]
        if name == "padding":
            value = padding_written(layer, value, shape)
        if option.required or value != option.default:
            found[name] = _plain(value)
    main = type(layer).main
    return {main: found[main], **found} if main in found else found


def padding_written(layer: Layer, padding: object, shape: Shape) -> object:
    """`half` for half the kernel on each side, also for no padding around a kernel of 1."""
    if not isinstance(padding, int | tuple) or not hasattr(layer, "dilation") or not layer.has_neurons:
        return padding
    kernel, dilation = getattr(layer, "kernel", 1), getattr(layer, "dilation", 1)
    kernels = kernel if isinstance(kernel, tuple) else (kernel,) * shape.rank
    dilations = dilation if isinstance(dilation, tuple) else (dilation,) * shape.rank
    half = tuple((d * (k - 1) + 1) // 2 for k, d in zip(kernels, dilations, strict=True))
    sides = both_sides(shape, padding, "padding")
    return "half" if sides == tuple((each, each) for each in half) else padding


def companion(layer: Layer | None) -> Option:
    """What `norm` or `act` has for a layer: a word, or a mapping if it has options; `none` for no layer."""
    if layer is None:
        return "none"
    options = options_written(layer, Shape(1))
    if not options:
        return SHORT.get(layer.kind, layer.kind)
    main = type(layer).main
    if main in options:
        return {layer.kind: options.pop(main), **options}
    return {layer.kind: options}


SHORT = {kind: word for word, kind in NORM_WORDS.items()}
"""Short words for norms."""


def _plain(value: object) -> Option:
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    raise TypeError(f"no option of a spec: {value!r}")
