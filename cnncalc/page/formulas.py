"""The working of every layer for the page: formulas, numbers and sources, each sent once."""

from functools import lru_cache

from cnncalc.analysis.report import Report
from cnncalc.formula import Formula, Working
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
        [_place(_derivation(each, formulas), derivations) for each in _shown(layer)]
        for layer in explain(report).parts
    ]
    return {"formulas": formulas.values, "derivations": derivations.values, "layers": layers}


def _shown(layer: Explained) -> list[Derivation]:
    return [each for each in layer.quantities.values() if not each.aside]


def _place(value: tuple[object, ...], table: Table) -> int:
    """The position of a value of tuples, text and positions, which is its own key."""
    return table.at(value, value)


def _derivation(each: Derivation, formulas: Table) -> tuple[object, ...]:
    """The quantity, its heading, the lines with formulas, and the notes."""
    lines = [_line(line.title, line.working, formulas) for line in each.lines]
    for trace in each.traces:
        along = "" if len(each.traces) == 1 else f" along {' and '.join(trace.axes)}"
        step = trace.steps[-1]
        steps = (("size", step.growth), ("jump", step.pace), ("start", step.centre))
        lines += [_line(f"{name}{along}", working, formulas) for name, working in steps if working]
    says = {trace.steps[-1].says for trace in each.traces}
    notes = (*each.notes, *sorted(filter(None, says)))
    return each.name, heading_of(each), tuple(lines), notes


def _line(title: str, working: Working, formulas: Table) -> tuple[object, ...]:
    """A line: its title, its formula, the formula with numbers, the result, and the values."""
    formula, substituted, shown, values = _written(working)
    return title, _place(formula, formulas), substituted, shown, values


@lru_cache(maxsize=20_000)
def _written(working: Working) -> tuple[tuple[object, ...], str, str, tuple[str, ...]]:
    """The formula with its symbols, the formula with numbers, the result, and the values; often the same."""
    symbols = variables(working.formula, working)
    names = tuple(working.names.items())
    formula = (
        _typeset(working.formula, names),
        working.formula.source,
        tuple((row[0], row[2]) for row in symbols.rows),
    )
    result = working.exact
    shown = grouped(result, READABLE) if isinstance(result, int) else str(result)
    return formula, working.substituted(READABLE), shown, tuple(row[1] for row in symbols.rows)


@lru_cache(maxsize=1_000)
def _typeset(formula: Formula, names: tuple[tuple[str, str], ...]) -> str:
    return formula.typeset(READABLE, dict(names))
