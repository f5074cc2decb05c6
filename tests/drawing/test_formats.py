"""The formats of figures: what is in the files, and that text stays text."""

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from pathlib import Path
from typing import get_args

import pytest

import cnncalc
from cnncalc.choices import Style, Theme
from cnncalc.drawing import FORMATS, Drawing
from cnncalc.drawing.font import FILES, font, width
from cnncalc.drawing.palette import DARK, LIGHT
from cnncalc.drawing.scene import Scene, Text
from cnncalc.drawing.svg import dark_rules
from tests.conftest import GoldenCheck
from tests.drawing.picture import SVG, Picture

STYLES = get_args(Style)
NASTY = """</text><script>alert('x')</script> & "é" ${_#^~\\ %\x07"""


def nasty() -> Drawing:
    return Drawing(Scene(300, 40, NASTY, NASTY, (Text(10, 20, NASTY, 10),)))


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_markup_in_names_stays_text(theme: Theme) -> None:
    root = ET.fromstring(nasty().svg(theme))
    assert root.findtext(f"{SVG}text") == NASTY.replace("\x07", "\ufffd")
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg",
        "title",
        "desc",
        "style",
        "rect",
        "text",
    }
    page = nasty().written("html", theme)
    assert isinstance(page, str)
    assert "<script" not in page


@pytest.mark.parametrize("format", ["svg", "html"])
@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_loaded_and_nothing_runs(format: str, style: Style) -> None:
    written = cnncalc.draw("alexnet", style=style).written(format)
    assert isinstance(written, str)
    assert not re.findall(r"<script|<image|<use|href|url\(|@import|\son\w+=", written)
    assert set(re.findall(r"https?://[^\"' ]+", written)) == {"http://www.w3.org/2000/svg"}


def test_dark_rules_change_every_color_and_nothing_else() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert all(bool(LIGHT[role].fill) == bool(DARK[role].fill) for role in LIGHT)
    assert all(bool(LIGHT[role].stroke) == bool(DARK[role].stroke) for role in LIGHT)
    used = {
        each.get("class") or ""
        for style in STYLES
        for each in Picture(cnncalc.draw("googlenet", style=style).svg()).root.iter()
    }
    roles = {name for name in used if name.startswith("c-")}
    assert roles <= {f"c-{role}" for role in LIGHT}
    assert all(f".{name}{{" in dark_rules() for name in roles)


def luminance(color: str) -> float:
    """As WCAG 2 defines it."""
    channels = [byte / 255 for byte in bytes.fromhex(color[1:])]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("paints", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["text", "muted"])
def test_text_has_enough_contrast_on_every_box(paints: dict[str, object], role: str) -> None:
    colors = LIGHT if paints is LIGHT else DARK
    families = [name.removeprefix("bar-") for name in colors if name.startswith("bar-")]
    for behind in [*families, "background", "frame"]:
        one, other = sorted((luminance(colors[role].fill), luminance(colors[behind].fill)))
        assert (other + 0.05) / (one + 0.05) >= 4.5, behind


def streams(data: bytes) -> list[bytes]:
    found = re.findall(rb"/FlateDecode.*?stream\n(.*?)\nendstream", data, re.DOTALL)
    return [zlib.decompress(each) for each in found]


@pytest.mark.parametrize("style", STYLES)
def test_pdf_has_its_objects_where_the_table_says(style: Style) -> None:
    data = cnncalc.draw("lenet5", style=style).written("pdf")
    assert isinstance(data, bytes)
    start = int(re.findall(rb"startxref\n(\d+)", data)[0])
    entries = re.findall(rb"(\d{10}) 00000 n ", data[start:])
    assert len(entries) >= 8
    for number, entry in enumerate(entries, 1):
        assert data[int(entry) :].startswith(b"%d 0 obj" % number)


def test_pdf_text_is_the_text_of_the_figure() -> None:
    drawing = cnncalc.draw("lenet5")
    data = drawing.written("pdf")
    assert isinstance(data, bytes)
    parts = streams(data)
    content = next(part for part in parts if b" Tj ET" in part).decode()
    maps = [part.decode() for part in parts if b"beginbfchar" in part]
    signs = [dict(re.findall(r"<(\w{4})> <(\w{4})>", each)) for each in maps]
    texts = [
        "".join(chr(int(signs[int(which)][glyphs[at : at + 4]], 16)) for at in range(0, len(glyphs), 4))
        for which, glyphs in re.findall(r"/F([01]) .*?<(\w+)> Tj", content)
    ]
    assert texts == [each.text or "" for each in Picture(drawing.svg()).root.iter(f"{SVG}text")]


def test_pdf_brings_its_font() -> None:
    data = cnncalc.draw("lenet5").written("pdf")
    assert isinstance(data, bytes)
    assert [path.read_bytes() in streams(data) for path in FILES.values()] == [True, True]


@pytest.mark.parametrize("style", STYLES)
def test_tikz_has_every_text_and_balanced_braces(style: Style) -> None:
    drawing = cnncalc.draw("alexnet", style=style)
    written = drawing.written("latex")
    assert isinstance(written, str)
    assert written.isascii()
    texts = Picture(drawing.svg()).root.findall(f".//{SVG}text")
    assert written.count(r"\node[") == len(texts)
    bare = written.replace("\\{", "").replace("\\}", "")
    assert bare.count("{") == bare.count("}")
    used, defined = (set(re.findall(each, bare)) for each in (r"=(c[0-9a-f]{6})", r"definecolor\{(\w+)\}"))
    assert used <= defined


def test_latex_signs_are_escaped() -> None:
    written = nasty().written("latex")
    assert isinstance(written, str)
    (node,) = [line for line in written.splitlines() if line.startswith(r"\node")]
    assert r"\$\{\_\#\textasciicircum{}\textasciitilde{}\textbackslash{} \%?" in node


@pytest.mark.parametrize("format", ["dot", "mermaid"])
def test_text_graphs_have_every_box_and_edge(format: str) -> None:
    drawing = cnncalc.draw("googlenet")
    written = drawing.written(format)
    assert isinstance(written, str)
    assert drawing.diagram
    found = re.findall(r"n(\d+) (?:->|-->\|.*?\|) n(\d+)", written)
    assert found == [(str(edge.source), str(edge.target)) for edge in drawing.diagram.edges]
    assert all(box.name in written for box in drawing.diagram.boxes)


@pytest.mark.parametrize("style", ["volumes", "field"])
def test_only_graphs_are_written_as_text_graphs(style: Style) -> None:
    with pytest.raises(ValueError, match="dot can only show the style graph"):
        cnncalc.draw("lenet5", style=style).written("dot")


def test_a_file_is_written_in_the_format_of_its_ending(tmp_path: Path) -> None:
    drawing = cnncalc.draw("lenet5")
    starts = {
        "svg": b"<svg",
        "html": b"<!DOCTYPE",
        "pdf": b"%PDF",
        "tex": b"% LeNet",
        "dot": b"digraph",
        "mmd": b"---",
    }
    for ending, start in starts.items():
        drawing.save(tmp_path / f"net.{ending}")
        assert (tmp_path / f"net.{ending}").read_bytes().startswith(start)
    with pytest.raises(ValueError, match=f"format: expected one of {', '.join(FORMATS)}; found 'gif'"):
        drawing.save(tmp_path / "net.gif")


def pixels(data: bytes) -> tuple[int, int, list[bytes]]:
    """The width, height and rows of a PNG with 8 bits for red, green, blue and opacity."""
    wide, high, depth, kind = struct.unpack_from(">IIBB", data, 16)
    assert (depth, kind) == (8, 6)
    packed, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        packed += data[at + 8 : at + 8 + length] if data[at + 4 : at + 8] == b"IDAT" else b""
        at += length + 12
    rows, line, before = zlib.decompress(packed), wide * 4, bytes(wide * 4)
    found = []
    for row in range(high):
        filtered = rows[row * (line + 1) : (row + 1) * (line + 1)]
        before = unfiltered(filtered[0], filtered[1:], before)
        found.append(before)
    return wide, high, found


def unfiltered(kind: int, line: bytes, above: bytes) -> bytes:
    """A row of a PNG without its filter."""
    found = bytearray(line)
    for at in range(len(found)):
        left = found[at - 4] if at >= 4 else 0
        up, corner = above[at], above[at - 4] if at >= 4 else 0
        guess = left + up - corner
        nearest = min((left, up, corner), key=lambda each: abs(guess - each))
        found[at] = (found[at] + (0, left, up, (left + up) // 2, nearest)[kind]) % 256
    return bytes(found)


def test_png_has_the_pixels_of_its_text() -> None:
    """resvg leaves out text without a word if it does not find the font."""
    pytest.importorskip("resvg_py", reason="needs resvg-py: the png extra")
    scene = Scene(120, 40, "test", "", (Text(10, 25, "conv 3×3", 16, bold=True),))
    data = Drawing(scene).written("png", "light")
    assert isinstance(data, bytes)
    wide, high, rows = pixels(data)
    assert (wide, high) == (240, 80)
    dark = [
        (x, y)
        for y, row in enumerate(rows)
        for x in range(wide)
        if row[4 * x] < 100 and row[4 * x + 3] == 255
    ]
    right = 2 * (10 + width("conv 3×3", 16, bold=True))
    assert 300 < len(dark) < 2000
    assert 20 <= min(x for x, _ in dark) <= 24
    assert right - 6 <= max(x for x, _ in dark) <= right
    assert 24 <= min(y for _, y in dark) <= 30
    assert max(y for _, y in dark) <= 51


def test_the_font_has_what_figures_write() -> None:
    assert all(font(bold).has("×·→…–−½ <>%&_ÄÖÜäöüßéñçøåłΩπ") for bold in (False, True))


@pytest.mark.parametrize(
    ("text", "bold", "thousandths"),
    [
        ("conv", False, 500 + 556 + 556 + 500),
        ("55×55", False, 4 * 556 + 584),
        ("conv", True, 556 + 2 * 611 + 556),
    ],
)
def test_widths_are_those_of_helvetica(text: str, bold: bool, thousandths: int) -> None:
    """As Adobe's metrics have them."""
    assert width(text, 1000, bold) == pytest.approx(thousandths, abs=2)


def test_the_figure_of_the_readme(golden: GoldenCheck) -> None:
    golden(Path(__file__).parent / "golden" / "resnet50.svg", cnncalc.draw("resnet50").svg())


@pytest.mark.parametrize("format", ["dot", "mermaid"])
def test_graphs_for_other_tools_follow_the_theme(format: str) -> None:
    written = {theme: str(cnncalc.draw("lenet5").written(format, theme)) for theme in get_args(Theme)}
    for theme, paints in (("light", LIGHT), ("dark", DARK)):
        assert paints["conv"].fill in written[theme]
        assert paints["text"].fill in written[theme]
    assert DARK["conv"].fill not in written["light"] + written["auto"]
    assert LIGHT["conv"].fill not in written["dark"]
