"""Which positions attend to one another: all, those of windows or of a grid, and what is added to scores."""

from collections.abc import Sequence
from math import prod
from typing import Any

from msgspec import structs

from cnncalc.interchange.pytorch.lowering import Lowering, Read, Tensor
from cnncalc.interchange.pytorch.traces import OtherTensor, Weight
from cnncalc.interchange.pytorch.views import AxisPart, axes_of
from cnncalc.layers.attending import Attention


def is_sequence(tensor: Tensor) -> bool:
    """Whether all positions of a map are one sequence."""
    return tensor.axes[-2] == tuple(part for axis in axes_of(tensor.dims)[2:] for part in axis)


def groups_of(lowering: Lowering, q: Tensor, heads: int) -> dict[str, Any] | None:
    """The windows, their shift, or the grid in which positions are grouped."""
    if is_sequence(q):
        return None if any(q.rolled) else {}
    inner = {part.axis: part for part in q.axes[-2]}
    outer = {part.axis: part for axis in q.axes[:-2] for part in axis if part.axis > 1}
    if [*inner] != sorted(inner) or len(inner) != len(q.axes[-2]):
        return None
    sizes, strided = [], set()
    for axis, size in enumerate(q.dims[2:], 2):
        part = inner.get(axis, AxisPart(axis, 1))
        rest = size // part.size
        if rest > 1:
            if outer.get(axis) == AxisPart(axis, rest, part.size):
                strided.add(False)
            elif outer.get(axis) == AxisPart(axis, rest) and part.stride == rest:
                strided.add(True)
            else:
                return None
        sizes.append(part.size)
    if len(strided) != 1:
        return None
    shifts = (
        [-moved % size for moved, size in zip(q.rolled[2:], q.dims[2:], strict=True)] if q.rolled else [0]
    )
    if any(q.rolled[:2]) or (strided == {True} and any(shifts)):
        return None
    found: dict[str, Any] = {"grid" if strided == {True} else "window": _one(sizes)}
    return found | ({"shift": _one(shifts)} if any(shifts) else {})


def _one(numbers: Sequence[int]) -> int | tuple[int, ...]:
    return numbers[0] if len({*numbers}) == 1 else tuple(numbers)


def with_added(
    layer: Attention, q: Tensor, added: Sequence[object]
) -> tuple[Attention, Weight | None, tuple[Weight, ...]] | None:
    """The layer with what is added to its scores: a table of relative positions, and the mask of a shift."""
    if not added and (not layer.shift):
        return layer, None, ()
    from cnncalc.executor.ops.attention import Grouping  # NumPy is needed for this only

    grouping = Grouping(layer, q.dims[2:])
    count = prod(grouping.sizes)
    hidden = grouping.hidden(layer.causal, 1)
    table, others, is_masked = None, [], not layer.shift
    for each in added:
        if not isinstance(each, Weight | OtherTensor) or each.values is None:
            return None
        values = each.values.detach().numpy()
        learned = each.sources if isinstance(each, Weight) else ()
        parameters = [source for source in learned if source.learned]
        if len(parameters) == 1 and table is None:
            table = parameters[0]
            rows = table.values.detach().numpy()
            if rows.ndim != 2 or rows.shape != (prod(2 * n - 1 for n in grouping.sizes), layer.heads):
                return None
            expected = rows[grouping.offsets()].transpose(2, 0, 1)
            has_mask = values.size > expected.size
            if not _is_table(values, expected, hidden if has_mask else None):
                return None
            is_masked |= has_mask
            layer = structs.replace(layer, relative=True)
        elif (
            not parameters and hidden is not None and values.size == hidden.size and values.shape[-1] == count
        ):
            if not ((values.reshape(hidden.shape) < -10) == hidden).all():
                return None
            is_masked = True
        else:
            return None
        others += [source for source in learned if not source.learned]
    return (layer, table, tuple(others)) if is_masked else None


def _is_table(values: Any, expected: Any, hidden: Any) -> bool:
    """Whether what is added to scores is a table of positions, and with `hidden` also the mask of a shift."""
    if hidden is None:
        return values.size == expected.size and bool((values.reshape(expected.shape) == expected).all())
    masked = hidden.reshape(-1, 1, *expected.shape[1:])
    if values.size % (len(masked) * expected.size):
        return False
    values = values.reshape(-1, len(masked), *expected.shape)
    return bool(((values == expected) | masked).all() and ((values < -10) | ~masked).all())


def with_window(lowering: Lowering, layer: Attention, context: Read) -> Attention:
    """A layer whose only window is the whole map, with the window that layers before it have."""
    if not layer.relative or layer.window is not None or layer.grid is not None:
        return layer
    before = [step.layer.window for step in lowering.steps if isinstance(step.layer, Attention)]
    window = before[-1] if before else None
    sizes = (window,) * context.shape.rank if isinstance(window, int) else window
    return structs.replace(layer, window=window) if sizes == context.shape.spatial else layer
