"""Named paddings, implemented independently of cnncalc."""

from collections.abc import Callable


def same_upper(n: int, span: int, stride: int) -> tuple[int, int]:
    """As in tf.nn's notes on padding, with a case for n a multiple of the stride."""
    total = max(span - stride, 0) if n % stride == 0 else max(span - n % stride, 0)
    return total // 2, total - total // 2


NAMED: dict[str, Callable[[int, int, int], tuple[int, int]]] = {
    "valid": lambda n, span, stride: (0, 0),
    "same": same_upper,
    "same_lower": lambda n, span, stride: same_upper(n, span, stride)[::-1],
    "half": lambda n, span, stride: (span // 2, span // 2),
    "causal": lambda n, span, stride: (span - 1, 0),
    "full": lambda n, span, stride: (span - 1, span - 1),
}
"""(before, after) of an axis of n positions, for windows of a span and a stride."""
