"""`explain`: every number of a layer, block or network, with its formulas."""

from cnncalc.homework.explain.costs import ARITHMETIC, TABLED
from cnncalc.homework.explain.derive import explain
from cnncalc.homework.explain.explained import Derivation, Explained, FieldStep, FieldTrace, Line, Value
from cnncalc.homework.explain.sizes import axes_alike, what_is_read, windows_of

__all__ = [
    "ARITHMETIC",
    "TABLED",
    "Derivation",
    "Explained",
    "FieldStep",
    "FieldTrace",
    "Line",
    "Value",
    "axes_alike",
    "explain",
    "what_is_read",
    "windows_of",
]
