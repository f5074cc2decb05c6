"""A figure as an HTML page without scripts."""

from cnncalc.choices import Theme
from cnncalc.drawing.scene import Scene
from cnncalc.drawing.svg import escaped, svg

DARK = "background:#14181d"
LIGHT = "background:#fff"
SMALLEST = 0.7
"""In a narrow window, the figure shrinks to this; then it scrolls, so that text stays readable."""


def html(scene: Scene, theme: Theme = "auto") -> str:
    """The figure in a page, no wider than the window."""
    least = round(scene.width * SMALLEST)
    body = f"body{{margin:0;{DARK if theme == 'dark' else LIGHT}}}"
    dark = f"@media (prefers-color-scheme:dark){{body{{{DARK}}}}}" if theme == "auto" else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escaped(scene.title)}</title>
<style>{body}svg{{display:block;margin:auto;max-width:100%;min-width:{least}px;height:auto}}{dark}</style>
</head>
<body>
{svg(scene, theme)}</body>
</html>
"""
