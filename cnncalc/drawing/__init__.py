"""Figures of networks: as boxes and arrows, as volumes, and the growth of the receptive field.

A figure is a `Scene` of shapes and text. `graph`, `volumes` and `growth` make one from a report; `svg`,
`tikz` and `pdf` write it.

To add a style: write a function that returns a scene, and add its name to `Style` in `choices.py` and a case
to `draw`. To add a format: write a function from a scene to text or bytes, and add it to `FORMATS`; its file
ending belongs to `ENDINGS` in `cli/output.py`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

from msgspec import Struct

from cnncalc.analysis import Report, analyze
from cnncalc.choices import Bar, Style, Theme
from cnncalc.drawing.folding import Diagram
from cnncalc.drawing.scene import Scene
from cnncalc.spec import Settings, SpecLike, as_spec, rebuilt
from cnncalc.writing import write_whole


class Drawing(Struct, frozen=True):
    """A figure. Jupyter shows it; `save` writes it to a file.

    `diagram` holds the boxes and edges of a graph; other styles have none.
    """

    scene: Scene
    diagram: Diagram | None = None

    def __repr__(self) -> str:
        return f"<Drawing {self.scene.title}: {self.scene.width:.0f}×{self.scene.height:.0f}>"

    def svg(self, theme: Theme = "auto") -> str:
        """The figure as SVG; with the theme `auto`, light or dark as the reader's system is."""
        from cnncalc.drawing.svg import svg

        return svg(self.scene, theme)

    def _repr_svg_(self) -> str:
        return self.svg()

    def written(self, format: str, theme: Theme = "auto") -> str | bytes:
        """The figure in a format of `FORMATS`.

        Raises:
            ValueError: unknown format, or one that has no such figure.
            ModuleNotFoundError: the format needs a library that is not installed.
        """
        if format not in FORMATS:
            raise ValueError(f"format: expected one of {', '.join(FORMATS)}; found '{format}'")
        return FORMATS[format](self, theme)

    def save(self, path: str | Path, theme: Theme = "auto") -> None:
        """Writes a file; its ending selects the format.

        Raises:
            ValueError: unknown ending.
            OSError: the file cannot be written.
        """
        ending = Path(path).suffix.lower().removeprefix(".")
        written = self.written(SHORT.get(ending, ending), theme)
        data = written.encode("utf-8", "replace") if isinstance(written, str) else written
        write_whole(Path(path), lambda file: file.write(data))


SHORT = {"mmd": "mermaid", "tex": "latex", "htm": "html"}
"""File endings that are not the name of their format."""


def draw(
    spec: SpecLike | Report,
    *,
    style: Style = "graph",
    depth: int | None = None,
    bar: Bar | None = None,
    layer: str | None = None,
    unit: tuple[int, ...] | None = None,
    set: Settings | None = None,
    input: str | None = None,
) -> Drawing:
    """A figure of a network.

    Args:
        spec: a spec, a report, or anything that `load` takes.
        style: `graph` draws boxes and arrows, `volumes` feature maps with sides that follow their channels
            and sizes, `field` the growth of the receptive field.
        depth: how deep blocks are open; 1 folds every block. Default: as deep as the figure stays small.
        bar: for `graph`, what the bars show the share of: MACs (the default), parameters or activation
            memory.
        layer: for `field`, the layer or block of `unit`; default: the last feature map.
        unit: for `field`, the position whose box on the input is drawn; default: the middle.
        set: values that override the spec's `vars`.
        input: an input shape that overrides the spec's.

    Raises:
        SpecError: the network cannot be built with `set` or `input`.
        ValueError: the figure would have too many boxes; an unknown style, bar or layer; an option of another
            style; a field of an input without axes; `set` or `input` with a report.
        IndexError: the layer has no such unit.

    >>> draw("lenet5")
    <Drawing LeNet-5: 169×749>
    """
    for name, value, choices in (("style", style, get_args(Style)), ("bar", bar or "macs", get_args(Bar))):
        if value not in choices:
            raise ValueError(f"{name}: expected one of {', '.join(choices)}; found {value!r}")
    if bar and style != "graph":
        raise ValueError(f"{style} has no bars of cost: `bar` belongs to the style graph")
    if (layer is not None or unit is not None) and style != "field":
        raise ValueError(f"{style} shows no unit: `layer` and `unit` belong to the style field")
    report = _report(spec, set, input)
    if style == "volumes":
        from cnncalc.drawing.volumes import volumes

        return volumes(report, depth=depth)
    if style == "field":
        from cnncalc.drawing.field import growth

        return growth(report, depth=depth, layer=layer, unit=unit)
    from cnncalc.drawing.graph import graph

    return graph(report, depth=depth, bar=bar or "macs")


def _report(spec: SpecLike | Report, set: Settings | None, input: str | None) -> Report:
    if isinstance(spec, Report):
        if set or input is not None:
            raise ValueError(
                "a report is of one input and its variables: pass the spec with `set` and `input`"
            )
        return spec
    network = as_spec(spec)
    return analyze(rebuilt(network, set, input) if set or input is not None else network)


def _svg(drawing: Drawing, theme: Theme) -> str:
    return drawing.svg(theme)


def _html(drawing: Drawing, theme: Theme) -> str:
    from cnncalc.drawing.page import html

    return html(drawing.scene, theme)


def _latex(drawing: Drawing, theme: Theme) -> str:
    from cnncalc.drawing.tikz import tikz

    return tikz(drawing.scene, theme)


def _pdf(drawing: Drawing, theme: Theme) -> bytes:
    from cnncalc.drawing.pdf import pdf

    return pdf(drawing.scene, theme)


def _png(drawing: Drawing, theme: Theme) -> bytes:
    from cnncalc.drawing.png import png

    return png(drawing.scene, theme)


def _dot(drawing: Drawing, theme: Theme) -> str:
    from cnncalc.drawing.text_graphs import dot

    return dot(_graph(drawing, "dot"), drawing.scene.title, theme)


def _mermaid(drawing: Drawing, theme: Theme) -> str:
    from cnncalc.drawing.text_graphs import mermaid

    return mermaid(_graph(drawing, "mermaid"), drawing.scene.title, theme)


def _graph(drawing: Drawing, format: str) -> Diagram:
    if drawing.diagram is None:
        raise ValueError(
            f"{format} can only show the style graph; other styles: svg, html, latex, png or pdf"
        )
    return drawing.diagram


FORMATS: dict[str, Callable[[Drawing, Theme], str | bytes]] = {
    "svg": _svg,
    "html": _html,
    "pdf": _pdf,
    "png": _png,
    "latex": _latex,
    "dot": _dot,
    "mermaid": _mermaid,
}
"""How each format is written; libraries are imported when called."""
