"""`worksheet`: a sheet to fill in, for a network or a random variant of it, or the sheets of a class."""

from cnncalc.homework.worksheet.series import assigned, seeds_of, worksheets
from cnncalc.homework.worksheet.sheet import Worksheet, worksheet

__all__ = ["Worksheet", "assigned", "seeds_of", "worksheet", "worksheets"]
