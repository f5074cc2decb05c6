"""Explanations for a terminal, as Markdown, LaTeX and JSON."""

from collections.abc import Callable, Iterable
from fractions import Fraction

from msgspec import to_builtins
from rich.console import RenderableType

from cnncalc.homework.explain import TABLED, Derivation, Explained, FieldStep, FieldTrace, Line, Value
from cnncalc.render.columns import count
from cnncalc.render.data import SCHEMA_VERSION, Data
from cnncalc.render.pages import Block, PageTable, Section, equation, markdown, terminal
from cnncalc.render.pages_latex import latex
from cnncalc.render.worked import exact_data, working_data
from cnncalc.shapes import listed
from cnncalc.typeset import READABLE

Chosen = tuple[str, ...]
"""Requested quantities; empty for the default ones."""

CORE = ("output", "params", "macs", "receptive_field")
"""Quantities shown by default for each layer of a network."""
FEW_TERMS = 12
"""Longest sum that is written out."""
FEW_STEPS = 5
"""Number of recurrence steps in one line; only the last ones are shown."""


LETTERS_HINT = "`cnncalc explain SPEC LAYER` shows what the letters mean"


def explained_text(each: Explained, chosen: Chosen) -> RenderableType:
    """The page for a terminal."""
    return terminal(_title(each), (LETTERS_HINT,) if each.parts else (), sections(each, chosen))


def explained_markdown(each: Explained, chosen: Chosen) -> str:
    """The page as Markdown."""
    return markdown(_title(each), (), sections(each, chosen))


def explained_latex(each: Explained, chosen: Chosen) -> str:
    """The page as a part of a LaTeX document."""
    return latex(_title(each), (), sections(each, chosen))


def _title(each: Explained) -> str:
    read = " and ".join(shape.text(each.layout) for shape in each.reads)
    left = each.output.text(each.layout)
    if each.outputs:
        read, left = listed(each.inputs, each.layout), listed(each.outputs, each.layout)
    return f"{each.name} ({each.kind}){': ' if read else ''}{read} → {left}"


def sections(each: Explained, chosen: Chosen) -> list[Section]:
    """The page's sections, the same for every format."""
    if each.parts:
        return [*_parts(each, chosen), *_totals(each, chosen)]
    visible = [quantity for quantity in each.quantities.values() if _is_visible(quantity, chosen)]
    summed = [quantity for quantity in visible if quantity.terms]
    found = [_section(quantity) for quantity in visible if not quantity.terms]
    return [*found[:1], *_table(each, summed), *found[1:]] if summed else found


def _is_visible(quantity: Derivation, chosen: Chosen) -> bool:
    return quantity.name in chosen if chosen else not quantity.aside


def _section(quantity: Derivation) -> Section:
    blocks: list[Block] = []
    for line in quantity.lines:
        blocks += [f"{line.title}:"] if line.title else []
        blocks.append(line.working)
    blocks += quantity.notes
    for trace in quantity.traces:
        blocks += [f"along {' and '.join(trace.axes)}:", _trace(trace)]
    return heading_of(quantity), blocks


def heading_of(quantity: Derivation) -> str:
    """A quantity's title and value."""
    value = quantity.value
    if isinstance(value, tuple) and quantity.name in VALUE_TEXTS:
        return f"{quantity.title}: {VALUE_TEXTS[quantity.name](value)}"
    return f"{quantity.title}: {shown(value)}" if shown(value) else quantity.title


def _padding(sides: tuple[Value, ...]) -> str:
    """`1 on each side`, or the padding before and after each axis."""
    pairs = list(dict.fromkeys(side for side in sides if isinstance(side, tuple)))
    texts = [f"{a} on each side" if a == b else f"{a} before, {b} after" for a, b in pairs]
    return "; ".join(texts)


def _fit(sizes: tuple[Value, ...]) -> str:
    return "yes" if all(isinstance(size, Fraction) and size.denominator == 1 for size in sizes) else "no"


VALUE_TEXTS: dict[str, Callable[[tuple[Value, ...]], str]] = {"padding": _padding, "fit": _fit}
"""Texts of values other than plain numbers or sizes."""


def shown(value: Value) -> str:
    """A value as text: 34,944, 55×55×96; several matrices with commas."""
    if isinstance(value, tuple):
        if any(isinstance(each, tuple) for each in value):
            return ", ".join(map(shown, value))
        return "×".join(map(str, value))
    if value is None:
        return ""
    return count(value) if isinstance(value, int) else str(value)


def _trace(trace: FieldTrace) -> PageTable:
    """The receptive field, one row per step."""
    rows = tuple(
        (
            step.layer,
            step.window,
            _worked(step.size, step.growth),
            _worked(step.jump, step.pace),
            _worked(step.start, step.centre),
            step.says,
        )
        for step in trace.steps
    )
    header = ("layer", "window", "size r", "jump j", "start", "")
    if not any(step.says for step in trace.steps):
        return PageTable(header[:-1], tuple(row[:-1] for row in rows))
    return PageTable(header, rows)


def _worked(number: int | Fraction | None, working: object) -> str:
    if number is None:
        return "–"
    return str(working) if working is not None else str(number)


def _table(each: Explained, columns: list[Derivation]) -> list[Section]:
    """The layers of a block with their terms, and the sums."""
    adds = {quantity.name: {term.name: term.value for term in quantity.terms} for quantity in columns}
    rows = tuple(
        (
            name.removeprefix(f"{each.name}."),
            *(count(adds[quantity.name].get(name, 0)) for quantity in columns),
        )
        for name in (term.name for term in each["elements"].terms)
    )
    header = ("layer", *(quantity.title for quantity in columns))
    total = ("sum", *(shown(quantity.value) for quantity in columns))
    return [("layers", [PageTable(header, rows, total, numbers=header[1:])])]


def _parts(each: Explained, chosen: Chosen) -> list[Section]:
    """Each layer of a network in a few lines; layers without formulas are only named."""
    names = chosen or CORE
    found: list[Section] = []
    silent: dict[str, int] = {}
    for part in each.parts:
        rows = tuple(row for name in names if name in part.quantities for row in brief(part[name]))
        if rows:
            found.append((_title(part), [PageTable(("", ""), rows, plain=True)]))
        else:
            silent[part.kind] = silent.get(part.kind, 0) + 1
    if silent:
        listed = ", ".join(f"{kind} ×{number}" if number > 1 else kind for kind, number in silent.items())
        found.append(("layers without formulas for these quantities", [listed]))
    return found


def brief(quantity: Derivation) -> Iterable[tuple[str, str]]:
    """A quantity of one layer on a line or two; empty if it has no formula."""
    if quantity.name == "receptive_field":
        for trace in quantity.traces:
            last = trace.steps[-1]
            if len(trace.steps) > 1 and last.growth is not None:
                where = "" if len(quantity.traces) == 1 else f" {' and '.join(trace.axes)}"
                yield f"field{where}", f"{last.growth}, jump {_worked(last.jump, last.pace)}"
    elif quantity.name == "params" and len(quantity.lines) > 1 and quantity.lines[-1].title == "together":
        summands = " + ".join(line.working.substituted(READABLE) for line in quantity.lines[:-1])
        yield quantity.title, f"{summands} = {shown(quantity.value)}"
    else:
        for line in quantity.lines:
            if line.title not in ("channels", "for the batch"):
                yield _named(quantity, line), equation(line.working, READABLE)


def on_one_line(quantity: Derivation) -> str:
    """The computation of a number on one line, for tables of grades."""
    lines = (
        ": ".join(part for part in (line.title, equation(line.working, READABLE)) if part)
        for line in quantity.lines
    )
    steps = [_step(step) for trace in quantity.traces for step in trace.steps if step.growth is not None]
    left_out = ("…",) if len(steps) > FEW_STEPS else ()
    sums = (sum_text(quantity),) if quantity.terms else ()
    return "; ".join((*lines, *left_out, *steps[-FEW_STEPS:], *sums, *quantity.notes))


def _step(step: FieldStep) -> str:
    return f"{step.layer}: {step.growth}, jump {_worked(step.jump, step.pace)}"


def _named(quantity: Derivation, line: Line) -> str:
    return f"{quantity.title} {line.title}".strip()


def _totals(each: Explained, chosen: Chosen) -> list[Section]:
    """The totals over all layers."""
    return [
        (_total(each, quantity), [*([sum_text(quantity)] if quantity.terms else []), *quantity.notes])
        for quantity in each.quantities.values()
        if quantity.name in (chosen or TABLED)
    ]


def _total(each: Explained, quantity: Derivation) -> str:
    """The heading of a total; several outputs have their names."""
    if quantity.name == "output" and len(each.outputs) > 1:
        return f"outputs: {listed(each.outputs, each.layout)}"
    return f"total {quantity.title}: {shown(quantity.value)}"


def sum_text(quantity: Derivation) -> str:
    """The sum written out, or its number of layers."""
    terms = quantity.terms
    if len(terms) > FEW_TERMS:
        return f"the sum over {len(terms)} layers, from {terms[0].name} to {terms[-1].name}"
    summands = " + ".join(f"{count(term.value)} ({term.name})" for term in terms)
    return f"{summands} = {shown(quantity.value)}" if len(terms) > 1 else summands


def explained_data(each: Explained, chosen: Chosen) -> Data:
    """The explanation as a JSON object."""
    return {"schema_version": SCHEMA_VERSION, **_data(each, chosen)}


def _data(each: Explained, chosen: Chosen) -> Data:
    quantities = each.quantities.items()
    return {
        "name": each.name,
        "kind": each.kind,
        "inputs": [list(shape.dims(each.layout)) for shape in each.reads],
        "output": list(each.output.dims(each.layout)),
        **_outputs(each),
        "layout": each.layout,
        "quantities": {
            name: _quantity_data(quantity) for name, quantity in quantities if not chosen or name in chosen
        },
        **({"layers": [_data(part, chosen) for part in each.parts]} if each.parts else {}),
    }


def _outputs(each: Explained) -> Data:
    """The outputs of a network, if it has several."""
    shapes = {name: list(shape.dims(each.layout)) for name, shape in each.outputs.items()}
    return {"outputs": shapes} if len(shapes) > 1 else {}


def _quantity_data(quantity: Derivation) -> Data:
    parts: dict[str, object] = {"title": quantity.title, "value": exact_data(quantity.value)}
    if quantity.lines:
        parts["lines"] = [{"title": line.title, **working_data(line.working)} for line in quantity.lines]
    if quantity.terms:
        parts["terms"] = to_builtins(quantity.terms)
    if quantity.notes:
        parts["notes"] = list(quantity.notes)
    if quantity.traces:
        parts["traces"] = [
            {"axes": list(trace.axes), "steps": [_step_data(step) for step in trace.steps]}
            for trace in quantity.traces
        ]
    return parts


WORKED: tuple[tuple[str, Callable[[FieldStep], object], Callable[[FieldStep], object]], ...] = (
    ("size", lambda step: step.size, lambda step: step.growth),
    ("jump", lambda step: step.jump, lambda step: step.pace),
    ("start", lambda step: step.start, lambda step: step.centre),
)


def _step_data(step: FieldStep) -> Data:
    numbers = {
        name: {"value": exact_data(value(step)), **({"worked": str(worked)} if (worked := of(step)) else {})}
        for name, value, of in WORKED
    }
    says = {"says": step.says} if step.says else {}
    return {"layer": step.layer, "kind": step.kind, "window": step.window, **numbers, **says}
