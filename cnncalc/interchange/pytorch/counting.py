"""Multiply-adds of operators of PyTorch, counted from their arguments in a run."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def _recurrent(step: Any, input_weight: Any, hidden_weight: Any, *others: Any) -> int:
    """One direction of one layer of an LSTM: both products for each step of each sample."""
    steps: int = step.shape[0] * step.shape[1]
    total: int = steps * (input_weight.numel() + hidden_weight.numel())
    return total


def _matrix_by_vector(matrix: Any, vector: Any) -> int:
    total: int = matrix.numel()
    return total


def _attended(query: Any, key: Any, value: Any, *others: Any, **options: Any) -> int:
    """Both products of attention: scores, and weighted sums of the values."""
    total: int = query.numel() * key.shape[-2] + value.numel() * query.shape[-2]
    return total


MORE: Mapping[str, Callable[..., int]] = {
    "_scaled_dot_product_flash_attention_for_cpu": _attended,
    "mkldnn_rnn_layer": _recurrent,
    "mv": _matrix_by_vector,
    "dot": _matrix_by_vector,
    "addmv": lambda bias, matrix, vector: _matrix_by_vector(matrix, vector),
}
"""Operators that PyTorch's own counter does not know, by their names in `torch.ops.aten`."""


def is_counted(packet: Any) -> bool:
    """Whether an operator has multiply-adds that can be counted."""
    return packet in _registry() or packet.__name__ in MORE


def macs_of(packet: Any, args: Any, kwargs: Any, result: Any) -> int:
    """The multiply-adds of a call of an operator that `is_counted`, for the whole batch."""
    if packet.__name__ in MORE:
        return MORE[packet.__name__](*args)
    flops: int = _registry()[packet](*args, **kwargs, out_val=result)
    return flops // 2


def _registry() -> Any:
    return import_module("torch.utils.flop_counter").flop_registry
