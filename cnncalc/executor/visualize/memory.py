"""Checks the memory for each visualization before it starts."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from cnncalc.executor.memory import Load, every_output, refuse
from cnncalc.executor.visualize import occlusion, top_patches
from cnncalc.spec import Spec

Way = Literal["gradients", "influence", "occlusion", "patches", "equivariance"]


class Needs(Struct, frozen=True):
    """The batch size and data type of a run, how often it holds all outputs, whether it computes weight
    gradients, and its time for an image, in forward passes with float32."""

    batch: int = 1
    data_type: str = "float64"
    outputs: int = 0
    learns: bool = False
    passes: int = 1


NEEDS: Mapping[Way, Needs] = {
    "gradients": Needs(outputs=2, learns=True, passes=6),  # every output and its gradient
    "influence": Needs(outputs=1, learns=True, passes=6),
    "occlusion": Needs(occlusion.TOGETHER, "float32"),
    "patches": Needs(top_patches.TOGETHER, "float32"),
    "equivariance": Needs(outputs=2, passes=4),  # before and after the shift
}


def check_memory(way: Way, spec: Spec, settings: Mapping[str, str], is_file: bool) -> None:
    """Raise NotEnoughMemoryError if the visualization does not fit in memory, SpecError if it cannot run."""
    needs = NEEDS[way]
    load = Load(needs.data_type, needs.outputs * every_output(spec), needs.learns)
    options = () if way == "patches" else ("--input",)
    refuse(spec, needs.batch, load, settings=settings, is_file=is_file, options=options)
