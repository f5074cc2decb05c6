"""`solve`: the values of unknown options with which a wanted size or count comes out."""

from cnncalc.explore.solve.solved import Solution, Solved, Target, Unknown
from cnncalc.explore.solve.solver import solve

__all__ = ["Solution", "Solved", "Target", "Unknown", "solve"]
