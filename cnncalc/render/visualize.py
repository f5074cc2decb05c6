"""Results of `influence`, `occlusion`, `patches`, `equivariance` and `gradients`, as text or JSON."""

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cnncalc.executor.gradients import Gradients
from cnncalc.executor.visualize.effective_field import Effective, Influence, Intervals
from cnncalc.executor.visualize.equivariance import Moved
from cnncalc.executor.visualize.gradient_flow import Flow
from cnncalc.executor.visualize.occlusion import Occlusion
from cnncalc.executor.visualize.top_patches import Patch
from cnncalc.render.data import SCHEMA_VERSION, Data
from cnncalc.render.maps import drawn
from cnncalc.spec import Spec


def _table(*columns: tuple[str, bool]) -> Table:
    """A table whose cells wrap on a narrow terminal, so that no digit is cut."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name, to_the_right in columns:
        table.add_column(name, justify="right" if to_the_right else "left", overflow="fold")
    return table


def _title(spec: Spec, text: str) -> Text:
    title = Text(spec.name, "bold")
    title.append(f"  {text}", "none")
    return title


def _named(layer: str, unit: tuple[int, ...] | None, label: str = "") -> str:
    """A layer or unit: `fc`, `conv1[3,6,6]`, `fc[3] (tabby)`."""
    named = layer if unit is None else f"{layer}[{','.join(map(str, unit))}]"
    return f"{named} ({label})" if label else named


def _spans(intervals: Intervals) -> str:
    return " × ".join(f"{first} … {last}" for first, last in intervals)


def _size(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _share(value: float | None) -> str:
    """A fraction as a percentage; 100 % only if it is exactly 1."""
    if value is None:
        return "–"
    text = f"{100 * value:.1f}"
    return "100 %" if value == 1 else "99.9 %" if text == "100.0" else f"{text} %"


def influence_data(spec: Spec, found: Influence, effective: Effective, label: str = "") -> Data:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": spec.name,
        "layer": found.layer,
        "unit": None if found.unit is None else list(found.unit),
        "label": label or None,
        "samples": found.samples,
        "field": [list(interval) for interval in found.field],
        "effective": {
            "share": effective.share,
            "positions": effective.positions,
            "of": effective.field,
            "fraction": effective.fraction,
            "box": [list(interval) for interval in effective.intervals],
        },
        "map": found.map.tolist(),
    }


def influence_text(spec: Spec, found: Influence, effective: Effective, label: str = "") -> RenderableType:
    """The map, the receptive field and the effective field."""
    samples = f", mean of {found.samples} samples" if found.samples > 1 else ""
    rows = found.map.tolist()
    drawing: list[Text] = []
    if found.map.ndim == 1:
        drawing = drawn([rows], 0.0, ((0, 0), found.field[0]))
    elif found.map.ndim == 2:
        drawing = drawn(rows, 0.0, (found.field[0], found.field[1]))
    share = f"{100 * effective.share:g} %"
    return Group(
        _title(spec, f"|∂ {_named(found.layer, found.unit, label)} / ∂ input|{samples}"),
        "",
        *drawing,
        "",
        f"receptive field      {_spans(found.field)}  ({effective.field:,} positions)",
        f"{share + ' interval':<21}{_spans(effective.intervals)}  (of |gradient|, along each axis)",
        f"effective field      {effective.positions:,} positions with {share} of |gradient|: "
        f"{_share(effective.fraction)} of the receptive field",
    )


def occlusion_data(spec: Spec, found: Occlusion, label: str = "") -> Data:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": spec.name,
        "of": found.of,
        "unit": list(found.unit),
        "label": label or None,
        "value": found.value,
        "patch": list(found.patch),
        "starts": [list(axis) for axis in found.starts],
        "map": found.map.tolist(),
    }


def occlusion_text(spec: Spec, found: Occlusion, label: str = "") -> RenderableType:
    """The map of the output's drop per patch position, and the position of the largest drop."""
    drop = found.drop
    flat = int(drop.argmax())
    place: list[int] = []
    for axis in reversed(found.starts):
        flat, at = divmod(flat, len(axis))
        place.insert(0, axis[at])
    rows = drop.tolist()
    drawing = {1: lambda: drawn([rows]), 2: lambda: drawn(rows)}.get(drop.ndim, list)()
    sizes = "×".join(map(str, found.patch))
    return Group(
        _title(spec, f"drop of {_named(found.of, found.unit, label)} with a grey patch of {sizes} pixels"),
        "",
        *drawing,
        "",
        f"without patch        {found.value:.4g}",
        f"largest drop         to {float(found.map.min()):.4g}, patch at {','.join(map(str, place))}",
    )


def patches_data(spec: Spec, layer: str, channel: int, found: tuple[Patch, ...]) -> Data:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": spec.name,
        "layer": layer,
        "channel": channel,
        "patches": [
            {
                "image": patch.image,
                "unit": list(patch.unit),
                "value": patch.value,
                "box": [list(interval) for interval in patch.box],
            }
            for patch in found
        ],
    }


def patches_text(
    spec: Spec, layer: str, channel: int, found: tuple[Patch, ...], names: list[str]
) -> RenderableType:
    """A table of the patches, highest activation first."""
    table = _table(("", True), ("image", False), ("unit", True), ("value", True), ("input region", False))
    for number, patch in enumerate(found, start=1):
        name = names[patch.image] if patch.image < len(names) else str(patch.image)
        unit = ",".join(map(str, patch.unit)) or "–"
        table.add_row(str(number), name, unit, f"{patch.value:.4g}", _spans(patch.box))
    return Group(_title(spec, f"highest activations of channel {channel} of {layer}"), "", table)


def equivariance_data(spec: Spec, shift: tuple[int, ...], found: tuple[Moved, ...]) -> Data:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": spec.name,
        "shift": list(shift),
        "layers": [
            {
                "name": moved.name,
                "kind": moved.kind,
                "by": None if moved.by is None else [float(by) for by in moved.by],
                "equal": moved.equal,
                "inside": moved.inside,
                "change": moved.change,
            }
            for moved in found
        ],
    }


def equivariance_text(spec: Spec, shift: tuple[int, ...], found: tuple[Moved, ...]) -> RenderableType:
    """For each layer, the share of its output that shifts with the image."""
    table = _table(
        ("layer", False),
        ("kind", False),
        ("expected\nshift", True),
        ("equivariant", True),
        ("away from\nborders", True),
        ("change", True),
    )
    for moved in found:
        by = "–" if moved.by is None else ",".join(map(str, moved.by))
        table.add_row(
            moved.name, moved.kind, by, _share(moved.equal), _share(moved.inside), _size(moved.change)
        )
    pixels = ",".join(map(str, shift))
    notes = [
        "equivariant        share of outputs equal to the previous ones, moved by the expected shift",
        "away from borders  the same, only for units that read neither padding nor an image edge",
        "change             mean absolute difference, relative to the mean absolute output",
    ]
    if any(not moved.whole for moved in found):
        notes.append("expected shift     in units; a fraction if the stride does not divide the shift")
    return Group(
        _title(spec, f"image shifted by {pixels}"), "", table, "", *(Text(note, "dim") for note in notes)
    )


def gradients_data(spec: Spec, found: Gradients, rows: tuple[Flow, ...], label: str = "") -> Data:
    return {
        "schema_version": SCHEMA_VERSION,
        "name": spec.name,
        "of": found.of,
        "unit": None if found.unit is None else list(found.unit),
        "label": label or None,
        "value": found.value,
        "layers": [
            {
                "name": row.name,
                "kind": row.kind,
                "gradient": row.size,
                "weights": row.weights,
                "reaches": row.reaches,
            }
            for row in rows
        ],
    }


def gradients_text(spec: Spec, found: Gradients, rows: tuple[Flow, ...], label: str = "") -> RenderableType:
    """For each layer: gradient at its output, gradient of its weights, share of inputs reached."""
    table = _table(
        ("layer", False), ("kind", False), ("gradient", True), ("weights", True), ("reaches", True)
    )
    for row in rows:
        table.add_row(row.name, row.kind, _size(row.size), _size(row.weights), _share(row.reaches))
    notes = (
        f"gradient  root mean square of ∂ {_named(found.of, found.unit)} / ∂ output, "
        f"where {_named(found.of, found.unit)} = {found.value:.4g}",
        "weights   the same for the layer's weights",
        "reaches   share of the layer's inputs that can receive a gradient",
    )
    return Group(
        _title(spec, f"gradients of {_named(found.of, found.unit, label)}"),
        "",
        table,
        "",
        *(Text(n, "dim") for n in notes),
    )
