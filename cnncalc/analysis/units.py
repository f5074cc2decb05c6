"""Layers together with the norms and activations around them, as networks are read and drawn."""

from collections.abc import Callable

from cnncalc.analysis.report import Report, Row


class Unit:
    """A layer with the norms and activations around it."""

    def __init__(self, row: Row) -> None:
        self.name = row.name
        self.main = row
        self.before: list[Row] = []
        self.after: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """Its layers in order."""
        return [*self.before, self.main, *self.after]


def accompanies(row: Row) -> bool:
    """Whether a layer is shown with its neighbour: a norm, an activation, or a dropout."""
    layer = row.layer
    if layer is None:
        return False
    keeps = layer.is_identity and row.reads[0] == row.output
    return layer.family in ("norm", "activation") or keeps


def units(report: Report, scope: Callable[[str], str]) -> list[Unit]:
    """All layers in units: norms and activations join the layer in front of them, or else the one behind.

    They join only a layer in the same `scope` of their name, if nothing else reads what is between.
    """
    readers: dict[str, list[str]] = {row.name: [] for row in (*report.entries, *report.layers)}
    for row in report.layers:
        for read in row.inputs:
            readers[read].append(row.name)
    ends = {report.row_at(at).name for at in (*report.ends.values(), *report.heads.values())}

    def only(unit: Unit, reader: Row) -> bool:
        """Whether nothing but `reader`, in the same scope, reads a unit."""
        last = unit.rows[-1].name
        return readers[last] == [reader.name] and last not in ends and scope(unit.name) == scope(reader.name)

    found: dict[str, Unit] = {}
    for row in report.layers:
        front = found.get(row.inputs[0]) if len(row.inputs) == 1 else None
        if front and accompanies(row) and only(front, row):
            front.after.append(row)
            found[row.name] = front
        else:
            found[row.name] = Unit(row)
    listed = list(dict.fromkeys(found.values()))
    joined: dict[Unit, Unit] = {}
    for unit in listed:
        following = readers[unit.rows[-1].name]
        if accompanies(unit.main) and len(following) == 1:
            behind = found[following[0]]
            if behind.main.weights and not accompanies(behind.main) and only(unit, behind.rows[0]):
                behind.before = [*unit.rows, *behind.before]
                joined[unit] = behind
    return list(dict.fromkeys(joined.get(unit, unit) for unit in listed))
