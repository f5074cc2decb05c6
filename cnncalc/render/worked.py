"""Formulas and worked formulas as JSON."""

from fractions import Fraction

from cnncalc.formula import Formula, Working
from cnncalc.render.data import Data
from cnncalc.typeset import LATEX


def formula_data(formula: Formula) -> Data:
    """A formula with the meanings of its variables."""
    return {
        "formula": formula.typeset(),
        "latex": formula.latex(),
        "meanings": formula.meanings,
        "source": formula.source or None,
    }


def working_data(working: Working) -> Data:
    """A formula, its numbers and its value; fractions are text: 7/3."""
    renamed = {"formula": working.typeset(), "latex": working.typeset(LATEX)} if working.names else {}
    values = {name: exact_data(value) for name, value in working.values.items()}
    worked = {"values": values, "worked": str(working), "value": exact_data(working.exact)}
    names = {"names": working.names} if working.names else {}
    return {**formula_data(working.formula), **renamed, **names, **worked}


def exact_data(value: object) -> object:
    """A whole number, the text of a fraction, or sizes as a list."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    return [exact_data(each) for each in value] if isinstance(value, tuple) else value
