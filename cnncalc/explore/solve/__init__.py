"""`solve`: find values of unknown options that give a requested size or count."""

from cnncalc.explore.solve.solved import Solution, Solved, Target, Unknown
from cnncalc.explore.solve.solver import solve

__all__ = ["Solution", "Solved", "Target", "Unknown", "solve"]
