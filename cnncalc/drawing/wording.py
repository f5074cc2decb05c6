"""The words in figures: what a layer does, numbers and shares."""

from msgspec import structs

from cnncalc.analysis.report import Row
from cnncalc.choices import Bar
from cnncalc.layers import options_of

UNSAID = frozenset(("padding", "bias", "fit", "affine", "center", "scale", "eps", "slope", "ceil"))
"""Options that a figure leaves out: they say little about what a layer does."""

SIZES = frozenset(("kernel", "size"))
"""Options written as a size, such as 3×3."""

RANGES = frozenset(("channels",))
"""Options of which two numbers are a range, `to` not included."""

UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def operation(row: Row) -> str:
    """A layer's kind with its main options: `conv 3×3, 64, stride 2`."""
    layer = row.layer
    if layer is None:
        return row.kind
    rank = max((shape.rank for shape in row.reads), default=0)
    sizes: list[str] = []
    others: list[str] = []
    for name, option in options_of(type(layer)).items():
        value = getattr(layer, name)
        if name in UNSAID or value is None or (value == option.default and not option.required):
            continue
        if name in SIZES:
            sizes.append(size(value, rank))
        elif name == layer.main:
            others.insert(0, _range(value) if name in RANGES else written(value))
        elif isinstance(value, str):
            others.append(value)
        elif value is not False:
            others.append(name if value is True else f"{name} {size(value, rank, short=True)}")
    return ", ".join([" ".join([layer.kind, *sizes]), *others])


def _range(value: object) -> str:
    """A range with its last number, as in `channels 0…57`; a single number as it is."""
    if isinstance(value, tuple):
        first, end = value
        return f"channels {first}…{end - 1}"
    return written(value)


def size(value: object, rank: int, short: bool = False) -> str:
    """One number for each axis, as in 3×3; with `short`, one number if all are equal."""
    if isinstance(value, tuple) and all(isinstance(each, int) for each in value):
        values = set(value) if short and len(set(value)) == 1 else value
        return "×".join(map(str, values))
    if isinstance(value, int) and not short:
        return "×".join([str(value)] * max(rank, 1))
    return written(value)


def written(value: object) -> str:
    """An option's value, as in a spec."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return "×".join(map(written, value)) if isinstance(value, tuple) else str(value)


def options(row: Row) -> dict[str, str]:
    """All options of a layer as text, for hover text."""
    return (
        {}
        if row.layer is None
        else {name: written(value) for name, value in structs.asdict(row.layer).items()}
    )


def short(number: int) -> str:
    """A number with three digits and a unit.

    >>> short(25_557_032), short(61_706), short(416), short(999_950)
    ('25.6 M', '61.7 k', '416', '1.00 M')
    """
    for scale, unit in UNITS:
        if number * 2 >= scale * 2 * 0.9995:
            value = number / scale
            digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
            return f"{value:.{digits}f} {unit}"
    return str(number)


def percent(share: float) -> str:
    """A share with one decimal; never 0 for something.

    >>> percent(0.1234), percent(0.0001), percent(0)
    ('12.3 %', '<0.1 %', '0 %')
    """
    if not share:
        return "0 %"
    return "<0.1 %" if share < 0.0005 else f"{share * 100:.1f} %"


def cost(row: Row, bar: Bar) -> int:
    """What the bar of a layer measures."""
    if bar == "macs":
        return row.costs.macs
    return row.params.total if bar == "params" else row.activation


MEASURED: dict[Bar, str] = {"macs": "MACs", "params": "parameters", "memory": "activation memory"}
"""What each bar shows the share of."""
