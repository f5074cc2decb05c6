"""Arrays and the sums behind their numbers, as text or JSON."""

from fractions import Fraction

from rich.console import Group, RenderableType
from rich.text import Text

from cnncalc.homework.calc.arrays import Dims, Nested, Number, dims_of, flat
from cnncalc.homework.calc.terms import Reduction
from cnncalc.homework.calc.values import Worked, WorkedLayer
from cnncalc.render.data import SCHEMA_VERSION, Data

DECIMALS = 4
"""Fractions with at most this many decimals are written as decimals: 2.75, but 13/3."""

MOST_SUMS = 36
"""Number of sums of a layer written out if no unit is requested."""

TITLES = {
    False: "cross-correlation, as in CNNs",
    True: "convolution: the kernel is flipped",
}


def values_data(results: dict[bool, Worked]) -> Data:
    """The JSON object; fractions become decimals."""
    first = next(iter(results.values()))
    return {
        "schema_version": SCHEMA_VERSION,
        "input": _data(first.input),
        "results": [
            {
                "flipped": flipped,
                "kernels": [_data(kernel) for kernel in result.kernels],
                "layers": [{"name": s.name, "kind": s.kind, "output": _data(s.output)} for s in result.steps],
            }
            for flipped, result in results.items()
        ],
    }


def _data(nested: Nested) -> object:
    if isinstance(nested, tuple):
        return [_data(item) for item in nested]
    return int(nested) if nested == int(nested) else float(nested)


def values_text(results: dict[bool, Worked], explain: bool, unit: Dims | None) -> RenderableType:
    """The input, kernels and the output of every layer, matrix by matrix."""
    first = next(iter(results.values()))
    parts: list[RenderableType] = [*_array("input", first.input)]
    for flipped, result in results.items():
        if len(results) > 1:
            parts += ["", Text(TITLES[flipped], "bold cyan")]
        for kernel in result.kernels:
            parts += ["", *_array("kernel", kernel)]
        for step in result.steps:
            parts += ["", *_array(_title(step), step.output)]
            if explain:
                parts += _sums(step, unit)
    return Group(*parts)


def _title(step: WorkedLayer) -> str:
    return step.kind if step.name.rstrip("0123456789") == step.kind else f"{step.name} ({step.kind})"


def _array(title: str, nested: Nested) -> list[RenderableType]:
    """A heading with the sizes, then each matrix in aligned columns."""
    dims = dims_of(nested)
    lines: list[RenderableType] = [Text(f"{title}  {'×'.join(map(str, dims))}", "bold")]
    texts = {number: shown(number) for number in flat(nested)}
    width = max(map(len, texts.values()))
    for place, rows in _matrices(nested, ()):
        if place:
            lines.append(Text(f"  [{','.join(map(str, place))}]", "dim"))
        lines += [Text("  " + " ".join(texts[number].rjust(width) for number in flat(row))) for row in rows]
    return lines


def _matrices(nested: Nested, place: Dims) -> list[tuple[Dims, tuple[Nested, ...]]]:
    """Every matrix of an array with its leading indices; a list of numbers is one row."""
    if not isinstance(nested, tuple) or len(dims_of(nested)) == 1:
        return [(place, (nested,))]
    if len(dims_of(nested)) == 2:
        return [(place, nested)]
    return [found for at, item in enumerate(nested) for found in _matrices(item, (*place, at))]


def shown(value: Number) -> str:
    """`3`, `2.75`, `13/3`, `1.41421`."""
    if isinstance(value, float):
        return f"{value:.6g}"
    decimal = Fraction(value) * 10**DECIMALS
    if decimal.denominator > 1:
        return str(value)
    return (
        f"{float(value):.{DECIMALS}f}".rstrip("0").rstrip(".") if isinstance(value, Fraction) else str(value)
    )


def _sums(step: WorkedLayer, unit: Dims | None) -> list[RenderableType]:
    found = [each for each in step.sums if unit is None or each.place == unit]
    lines: list[RenderableType] = [Text(f"  {_sum(each)}") for each in found[:MOST_SUMS]]
    if len(found) > MOST_SUMS:
        lines.append(Text(f"  … and {len(found) - MOST_SUMS:,} more: --unit shows one", "dim"))
    return lines


def _sum(each: Reduction) -> str:
    place = ",".join(map(str, each.place))
    values = [_bracketed(value) for value, _ in each.factors]
    if each.joins == "max":
        spelled = f"max({', '.join(shown(value) for value, _ in each.factors)})"
    elif each.joins == "mean":
        spelled = f"({' + '.join(values)}) / {len(values)}"
    else:
        products = (f"{_bracketed(value)}·{_bracketed(weight)}" for value, weight in each.factors)
        spelled = " + ".join(products) or "0"
        spelled += f" + {_bracketed(each.bias)}" if each.bias else ""
    return f"[{place}]  {spelled} = {shown(each.value)}"


def _bracketed(value: Number) -> str:
    text = shown(value)
    return f"({text})" if text.startswith("-") or "/" in text else text
