"""The working of every layer for the page: formulas, numbers and sources, each sent once."""

from cnncalc.analysis.report import Report
from cnncalc.formula import Working
from cnncalc.homework.explain import Derivation, Explained, explain
from cnncalc.page.table import Table
from cnncalc.render.data import Data
from cnncalc.render.explain import heading_of
from cnncalc.render.pages import variables
from cnncalc.typeset import READABLE, grouped


def explained(report: Report) -> Data:
    """For each layer the positions of its derivations in `derivations`, which refer to `formulas`."""
    formulas, derivations = Table(), Table()
    layers = [
        [derivations.at(_derivation(each, formulas)) for each in _shown(layer)]
        for layer in explain(report).parts
    ]
    return {"formulas": formulas.values, "derivations": derivations.values, "layers": layers}


def _shown(layer: Explained) -> list[Derivation]:
    return [each for each in layer.quantities.values() if not each.aside]


def _derivation(each: Derivation, formulas: Table) -> list[object]:
    """The quantity, its heading, the lines with formulas, and the notes."""
    lines = [_line(line.title, line.working, formulas) for line in each.lines]
    for trace in each.traces:
        along = "" if len(each.traces) == 1 else f" along {' and '.join(trace.axes)}"
        step = trace.steps[-1]
        steps = (("size", step.growth), ("jump", step.pace), ("start", step.centre))
        lines += [_line(f"{name}{along}", working, formulas) for name, working in steps if working]
    says = {trace.steps[-1].says for trace in each.traces}
    return [each.name, heading_of(each), lines, [*each.notes, *sorted(filter(None, says))]]


def _line(title: str, working: Working, formulas: Table) -> list[object]:
    """A line: its title, its formula, the formula with numbers, the result, and the values."""
    symbols = variables(working.formula, working)
    formula = [working.typeset(READABLE), working.formula.source, [[row[0], row[2]] for row in symbols.rows]]
    result = working.exact
    shown = grouped(result, READABLE) if isinstance(result, int) else str(result)
    return [
        title,
        formulas.at(formula),
        working.substituted(READABLE),
        shown,
        [row[1] for row in symbols.rows],
    ]
