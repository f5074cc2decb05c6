"""`worksheet`: a sheet to fill in, of a network or of a variant that a seed draws."""

from cnncalc.homework.worksheet.sheet import Worksheet, worksheet

__all__ = ["Worksheet", "worksheet"]
