"""How unusual values are: the solutions that people write come first."""

from collections.abc import Mapping
from math import log2

from cnncalc.explore.solve.solved import Unknown
from cnncalc.explore.solve.task import SolveTask

COMMON_KERNELS = {3: 0, 5: 1, 7: 1, 1: 2, 2: 2}
LARGE_KERNEL = 11
"""Above it, kernels are compared by their ratio: 77 is as usual as 80."""


def unusual(task: SolveTask, values: Mapping[str, int]) -> int:
    """0 for what is most usual: kernel 3, stride 1, little padding.

    For a transposed convolution that is a kernel of twice the stride, or of the stride.
    """
    total = 0
    for each in task.unknowns:
        if each.variable in values:
            layer = {
                other.option: values[other.variable]
                for other in task.unknowns
                if other.argument == each.argument and other.variable in values
            }
            total += (_transposed if _is_transposed(task, each) else _in_layer)(each.option, layer)
    return total


def _is_transposed(task: SolveTask, unknown: Unknown) -> bool:
    """Whether an unknown is an option of a transposed convolution, the only kind with output padding."""
    return unknown.argument > 0 and hasattr(task.kind_of(unknown), "output_padding")


def _in_layer(option: str, layer: Mapping[str, int]) -> int:
    value = layer[option]
    match option:
        case "kernel":
            return COMMON_KERNELS.get(value, _size(value) + 2 * (value % 2 == 0))
        case "stride":
            return value - 1
        case "padding":
            return 0 if value == 0 else 1 if 2 * value + 1 == layer.get("kernel") else value + 1
        case "dilation" | "groups" | "multiplier" | "repeat":
            return 2 * (value - 1)
        case "output_padding":
            return value
    return 0


def _transposed(option: str, layer: Mapping[str, int]) -> int:
    value, stride, kernel = layer[option], layer.get("stride"), layer.get("kernel")
    if option == "stride":
        return max(value - 2, 0) if value > 1 else 2
    if option == "kernel" and stride and stride > 1 and value in (stride, 2 * stride):
        return 0 if value == 2 * stride else 1
    if option == "padding" and stride and value and kernel == 2 * value + stride:
        return 1
    return _in_layer(option, layer)


def _size(kernel: int) -> int:
    return (
        kernel // 2 if kernel <= LARGE_KERNEL else round(4 * log2(kernel / LARGE_KERNEL)) + LARGE_KERNEL // 2
    )
