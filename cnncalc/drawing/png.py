"""PNG, rendered by resvg from the SVG: the extra `png`."""

from cnncalc.choices import Theme
from cnncalc.drawing.font import FILES, font
from cnncalc.drawing.scene import Scene, Text, flat
from cnncalc.drawing.svg import svg

ZOOM = 2
"""Pixels per unit of the SVG."""
MOST = 60_000_000
"""Pixels; larger figures are rendered smaller."""


def png(scene: Scene, theme: Theme = "auto") -> bytes:
    """The figure as PNG, light unless `theme` is `dark`.

    Raises:
        ModuleNotFoundError: resvg-py is not installed.
    """
    try:
        from resvg_py import svg_to_bytes
    except ModuleNotFoundError:
        raise ModuleNotFoundError("PNG needs resvg-py: pip install 'cnncalc[png]'") from None
    zoom = min(ZOOM, (MOST / (scene.width * scene.height)) ** 0.5)
    rendered: bytes = svg_to_bytes(
        svg_string=svg(scene, "dark" if theme == "dark" else "light"),
        font_files=[str(path) for path in FILES.values()],
        skip_system_fonts=_is_covered(scene),
        zoom=zoom,
    )
    return rendered


def _is_covered(scene: Scene) -> bool:
    """Whether the font has every character; resvg leaves out others unless the system has them."""
    texts = (item for item in flat(scene.items) if isinstance(item, Text))
    return all(font(text.bold).has(text.text) for text in texts)
