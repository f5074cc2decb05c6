"""The comparison of two networks as JSON."""

from fractions import Fraction

from cnncalc.analysis.report import Report, Row
from cnncalc.checks.difference import ADDITIVE, Amounts, Difference, LayerDifference
from cnncalc.checks.difference_groups import renamings
from cnncalc.checks.difference_limits import Allowance, exceeded
from cnncalc.render.data import SCHEMA_VERSION, Data, declared_data, inputs_data, outputs_data, plain_numbers
from cnncalc.shapes import Layout


def difference_data(difference: Difference, given: tuple[str, str], allowances: list[Allowance]) -> Data:
    """The JSON object of a difference: all layers that differ, and all totals."""
    layers = [layer for layer in difference.layers if layer.status != "unchanged"]
    problems = exceeded(difference, allowances)
    return {
        "schema_version": SCHEMA_VERSION,
        "same": difference.is_same,
        "before": _network(difference.before, given[0]),
        "after": _network(difference.after, given[1]),
        "totals": {name: _amounts(amounts) for name, amounts in difference.totals.items()},
        "layers": [_layer(layer, difference.after.layout) for layer in layers],
        "unchanged": len(difference.layers) - len(layers),
        "renamed": [
            {
                "before": each.before,
                "after": each.after,
                "layers": each.layers,
                "numbering": each.is_numbering,
            }
            for each in renamings(difference.layers)
        ],
        "allowed": [
            {"quantity": each.quantity, "increase": each.written, "holds": not exceeded(difference, [each])}
            for each in allowances
        ],
        "findings": [{"code": each.code, "level": each.level, "message": each.message} for each in problems],
    }


def _network(report: Report, given: str) -> Data:
    trunk = report.trunk
    return {
        "spec": given,
        "name": report.name,
        "inputs": inputs_data(report),
        "outputs": outputs_data(report),
        "receptive_field": None if trunk.field.size is None else list(trunk.field.size),
        "layout": report.layout,
        **declared_data(report.totals),
    }


def _amounts(amounts: Amounts) -> Data:
    percent = None if amounts.share is None else 100 * amounts.share
    return {
        "before": amounts.before,
        "after": amounts.after,
        "increase": amounts.increase,
        "percent": percent,
    }


def _layer(layer: LayerDifference, layout: Layout) -> Data:
    return {
        "status": layer.status,
        "before": _row(layer.before, layout),
        "after": _row(layer.after, layout),
        "changes": [
            {"what": change.what, "before": _plain(change.before), "after": _plain(change.after)}
            for change in layer.changes
        ],
        "increase": {name: layer.increase(name) for name in ADDITIVE},
    }


def _row(row: Row | None, layout: Layout) -> Data | None:
    if row is None:
        return None
    return {
        "name": row.name,
        "kind": row.kind,
        "line": row.line,
        **({"auxiliary": True} if row.auxiliary else {}),
        "output": list(row.output.dims(layout)),
        "params": row.params.total,
        "macs": row.macs,
        "receptive_field": {
            "size": None if row.field.size is None else list(row.field.size),
            "jump": plain_numbers(row.field.jump),
            "global": row.field.is_global,
        },
    }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return float(value) if isinstance(value, Fraction) else value
