"""`torch.einsum` of two tensors as the product of matrices that it is, between permutations of axes."""

from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from cnncalc.interchange.pytorch.traces import Recording, TracedCall, TracedValue, Weight


def with_products(recording: Recording) -> Recording:
    """The recording with `matmul` or `linear` in the place of each einsum that is one."""
    if not any(call.name == "einsum" for call in recording.calls):
        return recording
    calls = [each for call in recording.calls for each in _as_product(call)]
    return structs.replace(recording, calls=tuple(calls))


class _Labeled(Struct, frozen=True):
    """An operand with a letter for each of its axes."""

    value: object
    labels: str


def _as_product(call: TracedCall) -> Iterator[TracedCall]:
    """The calls that do what an einsum does; the call itself if it is no product of two matrices."""
    read = _operands(call) if call.name == "einsum" else None
    if read is None:
        yield call
        return
    one, other, after = read
    rows, columns = _only(one, other, after), _only(other, one, after)
    summed = [each for each in one.labels if each in other.labels and each not in after]
    shared = [each for each in after if each in one.labels and each in other.labels]
    is_product = (
        isinstance(other.value, TracedValue) and len(rows) == len(columns) == len(summed) == 1 and shared
    )
    is_linear = isinstance(other.value, Weight) and other.labels == "".join([*columns, *summed])
    if is_product:
        first, moved = _permuted(call, one, [*shared, *rows, *summed])
        second, moved_too = _permuted(call, other, [*shared, *summed, *columns])
        yield from (*moved, *moved_too)
        yield from _called(call, "matmul", (first, second), [*shared, *rows, *columns], after)
    elif is_linear and len(columns) == len(summed) == 1 and not shared:
        first, moved = _permuted(call, one, [*rows, *summed])
        yield from moved
        yield from _called(call, "linear", (first, other.value), [*rows, *columns], after)
    else:
        yield call


def _operands(call: TracedCall) -> tuple[_Labeled, _Labeled, str] | None:
    """The two operands of an einsum with their letters, and those of its result."""
    equation, *values = call.args
    if len(values) == 1 and isinstance(values[0], tuple):
        values = [*values[0]]
    text = equation.replace(" ", "") if isinstance(equation, str) else ""
    before, arrow, after = text.partition("->")
    labels = before.split(",")
    if not arrow or len(labels) != 2 or len(values) != 2 or not isinstance(values[0], TracedValue):
        return None
    if any(len({*each}) != len(each) or not each.isalpha() for each in (*labels, after)):
        return None
    return _Labeled(values[0], labels[0]), _Labeled(values[1], labels[1]), after


def _only(one: _Labeled, other: _Labeled, after: str) -> list[str]:
    """The letters of the result that one operand has, and not the other, in their order there."""
    return [each for each in after if each in one.labels and each not in other.labels]


def _permuted(
    call: TracedCall, given: _Labeled, wanted: Sequence[str]
) -> tuple[TracedValue, tuple[TracedCall, ...]]:
    """An operand with its axes in another order, and the call that does it if they are not in it."""
    value = given.value
    assert isinstance(value, TracedValue)
    order = tuple(given.labels.index(each) for each in wanted)
    if order == tuple(range(len(order))):
        return value, ()
    moved = TracedValue(tuple(value.dims[axis] for axis in order))
    return moved, (TracedCall("permute", (value, order), {}, (moved,), call.scopes, 0),)


def _called(
    call: TracedCall,
    name: str,
    values: tuple[object, object],
    made: Sequence[str],
    after: str,
) -> Iterator[TracedCall]:
    """The product, and the permutation of its axes to those of the einsum."""
    (output,) = call.outputs
    sizes = dict(zip(after, output.dims, strict=True))
    if "".join(made) == after:
        yield structs.replace(call, name=name, args=values)
        return
    product = TracedValue(tuple(sizes[each] for each in made))
    yield structs.replace(call, name=name, args=values, outputs=(product,))
    order = tuple(made.index(each) for each in after)
    yield TracedCall("permute", (product, order), {}, (output,), call.scopes, 0)
