"""Small classes and functions that the source defines where torch.nn lacks a layer."""

import re
from collections.abc import Iterable, Mapping

from cnncalc.interchange.pytorch_source.helpers import (
    attention,
    convolution,
    normalization,
    pooling,
    reshaping,
)

HELPERS: Mapping[str, str] = {
    **{
        f"{name}{rank}d": text(rank)
        for table in (convolution.OF_RANK, pooling.OF_RANK)
        for name, text in table.items()
        for rank in (1, 2, 3)
    },
    **convolution.HELPERS,
    **attention.HELPERS,
    **pooling.HELPERS,
    **normalization.HELPERS,
    **reshaping.HELPERS,
}
"""The text of each helper by its name, base classes before their subclasses."""


def texts_of(names: Iterable[str]) -> list[str]:
    """The texts of helpers, and of those that they use themselves, in the order of `HELPERS`."""
    wanted = {name for name in names if name in HELPERS}
    ahead = [*wanted]
    while ahead:
        used = set(re.findall(r"\w+", HELPERS[ahead.pop()])) & HELPERS.keys() - wanted
        wanted |= used
        ahead += used
    return [text for name, text in HELPERS.items() if name in wanted]
