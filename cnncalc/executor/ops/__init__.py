"""The operations of each kind. To add a kind, add its two functions and its row to one of these modules."""

from cnncalc.executor.ops import (
    activation,
    adaptive_pool,
    attention,
    conv,
    dense,
    embedding,
    local,
    merge,
    norm,
    pool,
    rearrange,
    reduce,
    resample,
    scaling,
    shape_ops,
    sources,
)
from cnncalc.executor.ops.operation import Operation, Operations

__all__ = ["MODULES", "OPERATIONS", "Operation", "Operations"]

MODULES = (
    conv,
    local,
    dense,
    embedding,
    attention,
    pool,
    adaptive_pool,
    norm,
    activation,
    scaling,
    sources,
    shape_ops,
    rearrange,
    reduce,
    resample,
    merge,
)

OPERATIONS: Operations = {
    kind: operation for module in MODULES for kind, operation in module.OPERATIONS.items()
}
