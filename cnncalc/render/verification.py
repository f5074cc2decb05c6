"""Results of `verify` as text, JSON or JUnit XML."""

from xml.etree import ElementTree

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.executor.verify import (
    MACS,
    OUTPUT,
    PARAMETERS,
    ComparedLayer,
    Disagreement,
    Verification,
    others,
)
from cnncalc.render.data import SCHEMA_VERSION, inputs_data, outputs_data, to_json
from cnncalc.render.table import inputs_text
from cnncalc.shapes import shape_of

MOST = 40
"""Maximum number of differences printed: one bug can cause many."""

REPORT = "this is a bug in cnncalc; please report it with the spec"


def verdict(found: Verification) -> Text:
    """The result in one line."""
    report = found.report
    line = Text(report.name, style="bold")
    line.append(f"  {inputs_text(report)}, batch {report.batch}: ", style="not bold dim")
    layers = len(found.layers)
    numbers = f"{layers:,} layer{'s' * (layers != 1)}, {found.numbers:,} numbers"
    if found.agrees:
        line.append("analysis and executor agree", style="not bold green")
        line.append(f"  {numbers}, {found.seconds:.1f} s", style="not bold dim")
    else:
        wrong = f"{len(found.differences):,} of {found.numbers:,} numbers differ"
        line.append(wrong, style="not bold red")
        line.append(f"  {found.seconds:.1f} s", style="not bold dim")
    return line


def verification_text(found: Verification, every_layer: bool) -> RenderableType:
    """The verdict, the differences, and with `every_layer` a table of all layers."""
    parts: list[RenderableType] = [verdict(found)]
    if not found.followed:
        parts.append(Text(f"receptive fields not measured: {found.unmeasured}", style="yellow"))
    if not found.agrees:
        parts += _disagreement(found, every_layer)
    if every_layer:
        parts.append(_layers(found))
    return Group(*parts)


def _disagreement(found: Verification, every: bool) -> list[RenderableType]:
    """The first layer that differs and the differences: at most `MOST`, or all with `every`."""
    parts: list[RenderableType] = [Text(REPORT)]
    if found.first:
        layer = f"{found.first.name} ({found.first.kind})"
        parts.append(Text(f"first difference: {layer}; later differences may follow from it"))
    shown = found.differences if every else found.differences[:MOST]
    parts.append(_differences(shown))
    if more := len(found.differences) - len(shown):
        parts.append(Text(f"… and {more:,} more (--verbose prints all)", "dim"))
    return parts


def _table(*headings: str, numbers: int = 0) -> Table:
    """A table whose cells wrap on a narrow terminal, so that no digit is cut."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for at, heading in enumerate(headings):
        is_number = at >= len(headings) - numbers
        table.add_column(heading, justify="right" if is_number else "left", overflow="fold")
    return table


def _differences(differences: tuple[Disagreement, ...]) -> Table:
    table = _table("layer", "quantity", "analysis", "executor")
    for each in differences:
        table.add_row(each.layer or "the network", each.quantity, each.analysis, each.executor)
    return table


def _layers(found: Verification) -> Table:
    """All layers: the number where both agree, else analysis ≠ executor."""
    table = _table(
        "layer", "kind", "output", "parameters", "MACs", "other\noperations", "compared", numbers=4
    )
    for layer, row in zip(found.layers, found.report.layers, strict=True):
        differ = {each.quantity: each for each in layer.differences}
        texts = {
            OUTPUT: row.output.text(found.report.layout),
            PARAMETERS: f"{row.params.total:,}",
            MACS: f"{row.macs:,}",
        }
        cells = [_both(text, differ.get(quantity)) for quantity, text in texts.items()]
        analyzed, measured = others(row, layer.trace)
        operations = Disagreement(row.name, "", f"{analyzed:,}", f"{measured:,}")
        cells.append(_both(operations.analysis, operations if analyzed != measured else None))
        table.add_row(row.name, row.kind, *cells, _mark(layer))
    return table


def _both(agreed: str, difference: Disagreement | None) -> Text:
    if difference is None:
        return Text(agreed)
    return Text(f"{difference.analysis} ≠ {difference.executor}", style="red")


def _mark(layer: ComparedLayer) -> Text:
    if not layer.differences:
        return Text(f"{layer.numbers} agree", style="green")
    return Text(f"{len(layer.differences)} of {layer.numbers} differ", style="red")


def verification_data(found: Verification) -> dict[str, object]:
    """The JSON object of one verification."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": found.report.name,
        "inputs": inputs_data(found.report),
        "outputs": outputs_data(found.report),
        "layout": found.report.layout,
        "batch": found.report.batch,
        "agrees": found.agrees,
        "first": found.first.name if found.first else None,
        "numbers": found.numbers,
        "fields_measured": found.followed,
        "seconds": round(found.seconds, 3),
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "output": list(shape_of(layer.trace.dims).dims(found.report.layout)),
                "operations": dict(layer.trace.counts),
                "tensors": {name: list(dims) for name, dims in layer.trace.tensors.items()},
                "compared": layer.numbers,
                "differences": [_difference(each) for each in layer.differences],
            }
            for layer in found.layers
        ],
        "network": [_difference(each) for each in found.network],
    }


def _difference(each: Disagreement) -> dict[str, str]:
    return {"quantity": each.quantity, "analysis": each.analysis, "executor": each.executor}


def junit(each: list[Verification]) -> str:
    """JUnit XML: a suite per network, a test per layer and one for the network."""
    root = ElementTree.Element("testsuites", name="cnncalc verify")
    for found in each:
        cases = [(layer.name, layer.differences) for layer in found.layers]
        cases.append(("the network", found.network))
        failures = sum(bool(differences) for _, differences in cases)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=found.report.name,
            tests=str(len(cases)),
            failures=str(failures),
            errors="0",
            time=f"{found.seconds:.3f}",
        )
        for name, differences in cases:
            case = ElementTree.SubElement(suite, "testcase", name=name, classname=found.report.name)
            if differences:
                lines = [f"{d.quantity}: analysis {d.analysis}, executor {d.executor}" for d in differences]
                failure = ElementTree.SubElement(case, "failure", type="differs", message=lines[0])
                failure.text = "\n".join(lines)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def verifications(
    found: list[Verification], format: str, verbose: bool, is_alone: bool
) -> list[RenderableType]:
    if format == "junit":
        return [junit(found)]
    if format == "json":
        data = [verification_data(each) for each in found]
        return [to_json(data[0] if is_alone else data)]
    return [verification_text(each, verbose) for each in found]
