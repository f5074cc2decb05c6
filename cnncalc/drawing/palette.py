"""The colours of figures, for light and dark ones.

The hues are those of Okabe & Ito (2008), which people with any colour vision can tell apart. Every colour
repeats what text says, so figures also work in black and white.
"""

from msgspec import Struct

from cnncalc.choices import Theme


class Paint(Struct, frozen=True):
    """How a role is painted; an empty colour paints nothing."""

    fill: str = ""
    stroke: str = ""
    width: float = 0
    dash: tuple[float, ...] = ()


def mixed(one: str, other: str, share: float) -> str:
    """A colour between two.

    >>> mixed("#000000", "#ffffff", 0.5)
    '#808080'
    """
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


FAMILIES: dict[str, tuple[str, str, str, str]] = {
    "conv": ("#e1eef8", "#0072b2", "#12314a", "#56a8e0"),
    "dense": ("#fce8da", "#d55e00", "#482712", "#f28c4e"),
    "attention": ("#ebe6f8", "#6a4fb3", "#2a2248", "#a992e8"),
    "pool": ("#dcf2ea", "#008f68", "#0e3a2d", "#3cc49c"),
    "norm": ("#f7e6f0", "#b0588c", "#42273a", "#e09ac2"),
    "scale": ("#f7e6f0", "#b0588c", "#42273a", "#e09ac2"),
    "activation": ("#fbf1cf", "#9a7400", "#413610", "#e0b840"),
    "resample": ("#e3f5fd", "#2a8fbd", "#15384a", "#86d0f2"),
    "merge": ("#ededed", "#565b61", "#2b3138", "#a4adb6"),
    "shape": ("#f4f4f4", "#80868c", "#23282e", "#8a929a"),
    "custom": ("#fbe4e4", "#b3362f", "#461a1a", "#ee8a84"),
    "block": ("#ffffff", "#3f4a55", "#1d232a", "#b4bdc6"),
    "input": ("#ffffff", "#1a1a1a", "#14181d", "#d8dce0"),
    "output": ("#ffffff", "#1a1a1a", "#14181d", "#d8dce0"),
}
"""For each family of layers: fill and line in light figures, fill and line in dark ones."""

LIGHT: dict[str, Paint] = {
    "background": Paint("#ffffff"),
    "text": Paint("#1a1f24"),
    "muted": Paint("#555d66"),
    "wire": Paint("", "#565b61", 1.25),
    "head": Paint("#565b61"),
    "frame": Paint("#f7f8f9", "#c3c9cf", 1),
    "track": Paint("#c9d1d8"),
    "auxiliary": Paint("#fafafa", "#80868c", 1, (4, 3)),
    "page": Paint("#f4f6f8", "#80868c", 1),
    "marked": Paint("#fbdcc8", "#d55e00", 1.5, (4, 2)),
    "limit": Paint("", "#80868c", 1, (3, 3)),
    "row": Paint(),
    "grown": Paint("#4a8fc4"),
    "gap": Paint("", "#ffffff", 2.5),
}
DARK: dict[str, Paint] = {
    "background": Paint("#14181d"),
    "text": Paint("#eceff1"),
    "muted": Paint("#aeb7c0"),
    "wire": Paint("", "#a4adb6", 1.25),
    "head": Paint("#a4adb6"),
    "frame": Paint("#191e24", "#3c444d", 1),
    "track": Paint("#4a545e"),
    "auxiliary": Paint("#1b2128", "#8a929a", 1, (4, 3)),
    "page": Paint("#1b2128", "#8a929a", 1),
    "marked": Paint("#4d2a12", "#f28c4e", 1.5, (4, 2)),
    "limit": Paint("", "#8a929a", 1, (3, 3)),
    "row": Paint(),
    "grown": Paint("#56a8e0"),
    "gap": Paint("", "#14181d", 2.5),
}
SHADES = 12
"""Of receptive fields, from small to large ones."""
for _shade in range(SHADES):
    _share = _shade / (SHADES - 1)
    LIGHT[f"shade-{_shade}"] = Paint("", mixed("#6cb8e6", "#08306b", _share), 1.5)
    DARK[f"shade-{_shade}"] = Paint("", mixed("#2f7fb8", "#d8ecfa", _share), 1.5)
for _name, (_fill, _line, _dark, _bright) in FAMILIES.items():
    LIGHT[_name], DARK[_name] = Paint(_fill, _line, 1), Paint(_dark, _bright, 1)
    LIGHT[f"bar-{_name}"], DARK[f"bar-{_name}"] = Paint(_line), Paint(_bright)
    LIGHT[f"stripe-{_name}"] = Paint("", mixed(_fill, _line, 0.85), 0.75)
    DARK[f"stripe-{_name}"] = Paint("", mixed(_dark, _bright, 0.85), 0.75)
    for _face, _part in (("lid", 0.12), ("front", 0.3), ("side", 0.5)):
        LIGHT[f"{_face}-{_name}"] = Paint(mixed(_fill, _line, _part), mixed(_fill, _line, 0.85), 0.75)
        DARK[f"{_face}-{_name}"] = Paint(mixed(_dark, _bright, _part), mixed(_dark, _bright, 0.85), 0.75)


def paints_of(theme: Theme) -> dict[str, Paint]:
    """The colours of formats that cannot follow the reader's system: light unless the theme is `dark`."""
    return DARK if theme == "dark" else LIGHT
