"""What each function of PyTorch is here: a layer, a view, or nothing at all.

Each module has the functions of a family and a table of their names in PyTorch. Modules of PyTorch need no
table: they call these functions.
"""

from cnncalc.interchange.pytorch.attention import ATTENTION
from cnncalc.interchange.pytorch.lowering import Handler
from cnncalc.interchange.pytorch.operations.activation import ACTIVATIONS
from cnncalc.interchange.pytorch.operations.arithmetic import ARITHMETIC
from cnncalc.interchange.pytorch.operations.convolution import CONVOLUTIONS
from cnncalc.interchange.pytorch.operations.joining import PARTS
from cnncalc.interchange.pytorch.operations.normalization import NORMS
from cnncalc.interchange.pytorch.operations.pooling import POOLINGS
from cnncalc.interchange.pytorch.operations.rearranging import REARRANGEMENTS
from cnncalc.interchange.pytorch.operations.reduction import REDUCTIONS
from cnncalc.interchange.pytorch.operations.resizing import RESIZINGS
from cnncalc.interchange.pytorch.response_norm import RESPONSE_NORM

OPERATIONS: dict[str, Handler] = {
    **CONVOLUTIONS,
    **NORMS,
    **ACTIVATIONS,
    **POOLINGS,
    **REDUCTIONS,
    **RESIZINGS,
    **REARRANGEMENTS,
    **PARTS,
    **ARITHMETIC,
    **ATTENTION,
    **RESPONSE_NORM,
}
"""What a call is, by its name without `__`, `_` for in place, or the letters of `__iadd__` and `__radd__`."""
