"""The colours of figures, for light and dark ones.

The hues are those of Okabe & Ito (2008), which people with any colour vision can tell apart. Every colour
repeats what text says, so figures also work in black and white.
"""

from msgspec import Struct


class Paint(Struct, frozen=True):
    """How a role is painted; an empty colour paints nothing."""

    fill: str = ""
    stroke: str = ""
    width: float = 0
    dash: tuple[float, ...] = ()


FAMILIES: dict[str, tuple[str, str, str, str]] = {
    "conv": ("#e1eef8", "#0072b2", "#12314a", "#56a8e0"),
    "dense": ("#fce8da", "#d55e00", "#482712", "#f28c4e"),
    "pool": ("#dcf2ea", "#008f68", "#0e3a2d", "#3cc49c"),
    "norm": ("#f7e6f0", "#b0588c", "#42273a", "#e09ac2"),
    "scale": ("#f7e6f0", "#b0588c", "#42273a", "#e09ac2"),
    "activation": ("#fbf1cf", "#9a7400", "#413610", "#e0b840"),
    "resample": ("#e3f5fd", "#2a8fbd", "#15384a", "#86d0f2"),
    "merge": ("#ededed", "#565b61", "#2b3138", "#a4adb6"),
    "shape": ("#f4f4f4", "#80868c", "#23282e", "#8a929a"),
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
}
DARK: dict[str, Paint] = {
    "background": Paint("#14181d"),
    "text": Paint("#eceff1"),
    "muted": Paint("#aeb7c0"),
    "wire": Paint("", "#a4adb6", 1.25),
    "head": Paint("#a4adb6"),
    "frame": Paint("#191e24", "#3c444d", 1),
    "track": Paint("#4a545e"),
}
for _name, (_fill, _line, _dark, _bright) in FAMILIES.items():
    LIGHT[_name], DARK[_name] = Paint(_fill, _line, 1), Paint(_dark, _bright, 1)
    LIGHT[f"bar-{_name}"], DARK[f"bar-{_name}"] = Paint(_line), Paint(_bright)
