"""Parts of tensors, and tensors joined along an axis."""

from collections.abc import Container, Mapping, Sequence

from cnncalc.interchange.pytorch.calls import Arguments, UnknownCallError
from cnncalc.interchange.pytorch.lowering import Handler, Lowering, Read, Tensor
from cnncalc.interchange.pytorch.operations.arithmetic import same, source
from cnncalc.interchange.pytorch.operations.rearranging import view
from cnncalc.interchange.pytorch.traces import TracedCall, TracedValue, Weight
from cnncalc.interchange.pytorch.views import Axes, AxisPart, axes_of, channels_last
from cnncalc.layers import Layer
from cnncalc.layers.adaptive import AdaptiveAvgPool, AdaptiveMaxPool, SpatialPyramidPool
from cnncalc.layers.base import Dims
from cnncalc.layers.merging import Concat, centred
from cnncalc.layers.naming import AXIS_NAMES
from cnncalc.layers.pooling import GlobalAvgPool, GlobalMaxPool, MaxPool
from cnncalc.layers.rearranging import Select
from cnncalc.layers.reshaping import Crop, Flatten, Slice
from cnncalc.shapes import shape_of


def concat(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("tensors", "dim"))
    values = given.get("tensors")
    if not isinstance(values, tuple) or not all(isinstance(each, TracedValue | Weight) for each in values):
        raise UnknownCallError(f"{call.name} with a tensor that does not depend on the network's input")
    traced = [each for each in values if isinstance(each, TracedValue)]
    if len(values) == 1:
        same(lowering, call, traced[0])
        return
    reads = iter(lowering.read_all(traced, call))
    first = lowering.read_all(traced, call)[0]
    found = [
        next(reads) if isinstance(each, TracedValue) else source(lowering, call, each, first.last)
        for each in values
    ]
    axis = lowering.axis_name(traced[0], call, given.whole("dim", 0) % len(traced[0].dims), first.last)
    if axis == "channels" and (whole := _uncropped(lowering, found)):
        lowering.joined(call, Concat(align="crop"), whole)
    elif axis == "channels" and (pyramid := _pyramid(lowering, found)):
        lowering.joined(call, *pyramid)
    else:
        lowering.joined(call, Concat(axis=axis), found)


def _uncropped(lowering: Lowering, reads: Sequence[Read]) -> list[Read]:
    """What a concatenation reads before crops to the size of others around the centre; else nothing."""
    sizes = reads[0].shape.spatial
    whole = []
    for read in reads:
        step = lowering.step(read.node)
        before = lowering.node(step.inputs[0]) if step and isinstance(step.layer, Crop | Select) else read
        if step and before is not read:
            windows = step.layer.windows(before.shape)
            before = before if windows == centred(before.shape.spatial, sizes) else read
        whole.append(before)
    is_cropped = [one is not other for one, other in zip(whole, reads, strict=True)]
    return whole if any(is_cropped) and not all(is_cropped) and not reads[0].last else []


def _pyramid(lowering: Lowering, reads: Sequence[Read]) -> tuple[Layer, list[Read]] | None:
    """The pooling over several grids of one map, if vectors are its levels."""
    levels = [lowering.step(read.node) for read in reads]
    pools = [
        level and lowering.step(level.inputs[0])
        for level in levels
        if isinstance(level and level.layer, Flatten)
    ]
    sources = {pool.inputs for pool in pools if pool}
    if len(pools) != len(reads) or len(sources) != 1:
        return None
    bins: list[int] = []
    modes = set()
    for pool in pools:
        layer = pool.layer if pool else None
        size = layer.size if isinstance(layer, AdaptiveAvgPool | AdaptiveMaxPool) else 1
        if not isinstance(layer, PYRAMID) or not isinstance(size, int):
            return None
        bins.append(size)
        modes.add("max" if isinstance(layer, AdaptiveMaxPool | GlobalMaxPool) else "avg")
    ((source,),) = sources
    if len(modes) > 1:
        return None
    lowering.spare |= {level.inputs[0] for level in levels if level}
    return SpatialPyramidPool(tuple(bins), modes.pop()), [lowering.node(source)]  # type: ignore[arg-type]


PYRAMID = (AdaptiveAvgPool, AdaptiveMaxPool, GlobalAvgPool, GlobalMaxPool)


def stack(lowering: Lowering, call: TracedCall) -> None:
    """Tensors along a new axis: it is the outer part of the channels of a concatenation."""
    given = Arguments(call, ("tensors", "dim"))
    values = given.get("tensors")
    output = call.outputs[0]
    if not isinstance(values, tuple) or not all(isinstance(each, TracedValue) for each in values):
        raise UnknownCallError(f"{call.name} with a tensor that does not depend on the network's input")
    reads = [lowering.read(each, call, last=False) for each in values if isinstance(each, TracedValue)]
    axis, count, shape = given.whole("dim", 0) % len(output.dims), len(values), reads[0].shape
    if axis == 0:
        raise UnknownCallError(f"{call.name} of samples")
    dims = (output.dims[0], count * shape.channels, *shape.spatial)
    node = lowering.add(Concat(), reads, call.scopes, dims, 0, name=call.name)
    batch, _, *spatial = axes_of(dims)
    channels = (AxisPart(1, shape.channels),) if shape.channels > 1 else ()
    axes = [batch, channels, *spatial]
    axes.insert(axis, (AxisPart(1, count, shape.channels),) if count > 1 else ())
    lowering.define(output, node, dims, tuple(axes))


def _ranges(lowering: Lowering, call: TracedCall, value: TracedValue, axis: int, drops: bool = False) -> None:
    """Several outputs that are ranges of an axis, one after another."""
    axis %= len(value.dims)
    start = 0
    for output in call.outputs:
        stop = start + (1 if drops else output.dims[axis])
        _range(lowering, call, value, output, {axis: (start, stop)}, {axis} if drops else set())
        start = stop
    if start != value.dims[axis]:
        raise UnknownCallError(call.name)


def _range(
    lowering: Lowering,
    call: TracedCall,
    value: TracedValue,
    output: TracedValue,
    ranges: Mapping[int, tuple[int, int]],
    dropped: Container[int],
) -> None:
    """An output with some ranges of axes; an axis that is dropped has one index."""
    tensor = lowering.tensor(value)
    if cropped := _cropped(lowering, call, tensor, ranges, dropped):
        return lowering.define(output, *cropped)
    for axis, (start, stop) in ranges.items():
        if (start, stop) == (0, value.dims[axis]):
            continue
        if axis == 0 and any(part.axis == 0 for part in tensor.axes[0]):
            raise UnknownCallError(f"{call.name} of samples")
        tensor = _part(lowering, call, value, tensor, axis, start, stop)
    axes = tuple(each for at, each in enumerate(tensor.axes) if at not in dropped)
    return lowering.define(output, tensor.node, tensor.dims, axes, rolled=tensor.rolled)


def _cropped(
    lowering: Lowering,
    call: TracedCall,
    tensor: Tensor,
    ranges: Mapping[int, tuple[int, int]],
    dropped: Container[int],
) -> tuple[int, Dims, Axes] | None:
    """A crop of several axes of positions, and nothing else: its node, sizes and axes."""
    cut = {axis: each for axis, each in ranges.items() if each != (0, tensor.sizes[axis])}
    wholes = axes_of(tensor.dims)
    if len(cut) < 2 or any(tensor.rolled) or any(axis in dropped for axis in cut):
        return None
    if any(tensor.axes[axis] not in wholes[2:] for axis in cut):
        return None
    of = {tensor.axes[axis][0].axis: each for axis, each in cut.items()}
    bounds = [of.get(axis, (0, n)) for axis, n in enumerate(tensor.dims)]
    sides = tuple((start, n - stop) for (start, stop), n in zip(bounds[2:], tensor.dims[2:], strict=True))
    dims = (*tensor.dims[:2], *(stop - start for start, stop in bounds[2:]))
    node = lowering.add(Crop(sides), [lowering.node_of(tensor)], call.scopes, dims, 0, name=call.name)
    lowering.spare.add(node)
    after = axes_of(dims)
    axes = tuple(after[each[0].axis] if each in wholes[2:] else each for each in tensor.axes)
    return node, dims, tuple(each for at, each in enumerate(axes) if at not in dropped)


def _part(
    lowering: Lowering, call: TracedCall, value: TracedValue, tensor: Tensor, axis: int, start: int, stop: int
) -> Tensor:
    """A range of an axis, which is one of the map, or the outermost part of one."""
    parts = tensor.axes[axis]
    part = parts[0] if len(parts) == 1 else None
    if part is None or part.axis == 0 or part.size * part.stride != tensor.dims[part.axis]:
        read = lowering.read(value, call)
        dims = (value.dims[0], *read.shape.dims())
        axes = channels_last(dims) if read.last else axes_of(dims)
        tensor = Tensor(read.node, dims, axes, value.dims)
        parts = tensor.axes[axis]
        if not parts:
            raise UnknownCallError(f"{call.name} along an axis of size 1")
        part = parts[0]
    if tensor.rolled and tensor.rolled[part.axis]:
        raise UnknownCallError(f"{call.name} of a tensor that was rolled")
    read = lowering.node_of(tensor)
    bounds = (start * part.stride, stop * part.stride)
    name = AXIS_NAMES[read.shape.rank][part.axis - 1]
    index = bounds[0] if bounds[1] == bounds[0] + 1 else bounds
    layer: Layer = (
        Slice(bounds) if part.axis == 1 else Select(index, axis=None if read.shape.rank == 1 else name)
    )
    dims = tuple(bounds[1] - bounds[0] if at == part.axis else n for at, n in enumerate(tensor.dims))
    node = lowering.add(layer, [read], call.scopes, dims, 0, name=call.name)
    lowering.spare.add(node)
    kept = AxisPart(part.axis, stop - start, part.stride)
    changed = tuple(
        ((kept,) if stop - start > 1 else ()) if at == axis else each for at, each in enumerate(tensor.axes)
    )
    sizes = tuple(stop - start if at == axis else n for at, n in enumerate(tensor.sizes))
    return Tensor(node, dims, changed, sizes, tensor.rolled)


def split(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "size", "dim"))
    _ranges(lowering, call, given.value(), given.whole("dim", 0))


def unbind(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim"))
    _ranges(lowering, call, given.value(), given.whole("dim", 0), drops=True)


def narrow(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim", "start", "length"))
    value, start = given.value(), given.whole("start")
    ranges = {given.whole("dim") % len(value.dims): (start, start + given.whole("length"))}
    _range(lowering, call, value, call.outputs[0], ranges, ())


def select(lowering: Lowering, call: TracedCall) -> None:
    given = Arguments(call, ("input", "dim", "index"))
    value, index = given.value(), given.whole("index")
    axis = given.whole("dim") % len(value.dims)
    start = index % value.dims[axis]
    _range(lowering, call, value, call.outputs[0], {axis: (start, start + 1)}, {axis})


def item(lowering: Lowering, call: TracedCall) -> None:
    """Indexing by numbers, ranges, `None` and `...`."""
    value, index = call.args
    if not isinstance(value, TracedValue):
        raise UnknownCallError("indexing")
    given = index if isinstance(index, tuple) else (index,)
    if not all(each is None or each is Ellipsis or isinstance(each, int | slice) for each in given):
        raise UnknownCallError("indexing with a tensor or a list")
    named = sum(each is not None and each is not Ellipsis for each in given)
    rest = (slice(None),) * (len(value.dims) - named)
    at = given.index(Ellipsis) if Ellipsis in given else len(given)
    indices = (*given[:at], *rest, *given[at + 1 :])
    ranges, steps, dropped, added = {}, {}, set(), []
    axis = 0
    for number, each in enumerate(indices):
        if each is None:
            added.append(number)
            continue
        size = value.dims[axis]
        if isinstance(each, slice):
            start, stop, steps[axis] = each.indices(size)
            ranges[axis] = (start, stop)
        else:
            ranges[axis] = (int(each) % size, int(each) % size + 1)
            dropped.add(axis)
        axis += 1
    if added and (dropped or any(ranges[axis] != (0, value.dims[axis]) for axis in ranges)):
        raise UnknownCallError("indexing with None and numbers or ranges")
    if added:
        view(lowering, call)
    elif all(step == 1 for step in steps.values()):
        _range(lowering, call, value, call.outputs[0], ranges, dropped)
    elif dropped or min(steps.values()) < 1:
        raise UnknownCallError("indexing with a step and a number")
    else:
        _strided(lowering, call, value, [range(*ranges[axis], steps[axis]) for axis in range(len(ranges))])


def _strided(lowering: Lowering, call: TracedCall, value: TracedValue, indices: Sequence[range]) -> None:
    """Every second position and the like: a pooling over one position, behind a crop."""
    read = lowering.read(value, call)
    order = [0, len(indices) - 1, *range(1, len(indices) - 1)] if read.last else [*range(len(indices))]
    batch, channels, *spatial = (indices[axis] for axis in order)
    sizes = (value.dims[0], *read.shape.dims())
    if any(each != range(n) for each, n in ((batch, sizes[0]), (channels, sizes[1]))):
        raise UnknownCallError("indexing of channels with a step")
    sides = tuple((each.start, n - each[-1] - 1) for each, n in zip(spatial, sizes[2:], strict=True))
    if any(map(any, sides)):
        dims = (*sizes[:2], *(n - sum(side) for n, side in zip(sizes[2:], sides, strict=True)))
        node = lowering.add(Crop(sides), [read], call.scopes, dims, 0, name=call.name)
        read = Read(node, shape_of(dims[1:]), read.last)
    steps = tuple(each.step for each in spatial)
    lowering.joined(call, MaxPool(1, steps[0] if len({*steps}) == 1 else steps), [read])


PARTS: dict[str, Handler] = {
    **dict.fromkeys(("cat", "concat", "concatenate"), concat),
    "stack": stack,
    **dict.fromkeys(("chunk", "split", "tensor_split", "split_with_sizes"), split),
    "unbind": unbind,
    "narrow": narrow,
    "select": select,
    "getitem": item,
}
