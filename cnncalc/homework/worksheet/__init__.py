"""`worksheet`: a sheet to fill in, for a network or a random variant of it."""

from cnncalc.homework.worksheet.sheet import Worksheet, worksheet

__all__ = ["Worksheet", "worksheet"]
