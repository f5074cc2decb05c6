"""PDF: vector graphics with text that can be searched and copied, and the font inside."""

import zlib
from collections.abc import Iterable, Iterator

from cnncalc.choices import Theme
from cnncalc.drawing.font import font
from cnncalc.drawing.palette import Paint, paints_of
from cnncalc.drawing.scene import Point, Polygon, Rect, Scene, Stroke, Text, arrowhead, curve, flat, outline

POINT = 0.75
"""Points per unit: 96 units are an inch, as 72 points."""

UNICODE = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
MOST_MAPPED = 100
"""Entries of one block of a character map; the format allows no more."""


def pdf(scene: Scene, theme: Theme = "auto") -> bytes:
    """The figure as a PDF of one page, light unless `theme` is `dark`."""
    return _Document(scene, paints_of(theme)).written()


class _Document:
    def __init__(self, scene: Scene, paints: dict[str, Paint]) -> None:
        self.scene = scene
        self.paints = paints
        self.used: dict[bool, dict[int, str]] = {False: {}, True: {}}
        self.objects: list[bytes] = []

    def written(self) -> bytes:
        content = "\n".join(self._content()).encode("ascii")
        page, pages, catalog, info = 1, 2, 3, 4
        self.objects = [b""] * 4
        fonts = {f"F{int(bold)}": self._font(bold) for bold in self.used}
        stream = self._add(self._stream(content))
        named = " ".join(f"/{name} {at} 0 R" for name, at in fonts.items())
        box = f"[0 0 {_number(self.scene.width * POINT)} {_number(self.scene.height * POINT)}]"
        self.objects[page - 1] = (
            f"<< /Type /Page /Parent {pages} 0 R /MediaBox {box} /Contents {stream} 0 R "
            f"/Resources << /Font << {named} >> >> >>"
        ).encode("ascii")
        self.objects[pages - 1] = f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>".encode("ascii")
        self.objects[catalog - 1] = f"<< /Type /Catalog /Pages {pages} 0 R /Lang (en) >>".encode("ascii")
        self.objects[info - 1] = f"<< /Title {_title(self.scene.title)} /Producer (cnncalc) >>".encode(
            "ascii"
        )
        return self._file(catalog, info)

    def _file(self, catalog: int, info: int) -> bytes:
        """All objects, and the table of where each is."""
        parts = [b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"]
        offsets = []
        for at, each in enumerate(self.objects, 1):
            offsets.append(sum(map(len, parts)))
            parts.append(b"%d 0 obj\n%s\nendobj\n" % (at, each))
        start = sum(map(len, parts))
        count = len(self.objects) + 1
        table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
        trailer = f"<< /Size {count} /Root {catalog} 0 R /Info {info} 0 R >>"
        ending = (
            f"xref\n0 {count}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n"
        )
        return b"".join([*parts, ending.encode("ascii")])

    def _add(self, data: bytes) -> int:
        self.objects.append(data)
        return len(self.objects)

    def _stream(self, data: bytes, more: str = "") -> bytes:
        packed = zlib.compress(data, 9)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {more}>>\nstream\n"
        return head.encode("ascii") + packed + b"\nendstream"

    def _font(self, bold: bool) -> int:
        """The font, with the widths and characters of the glyphs that are used."""
        data, known = font(bold).data, font(bold)
        name = "Arimo-Bold" if bold else "Arimo"
        file = self._add(self._stream(data, f"/Length1 {len(data)} "))
        flags, weight = 32, 165 if bold else 88
        descriptor = self._add(
            f"<< /Type /FontDescriptor /FontName /{name} /Flags {flags} /FontBBox [-544 -303 1302 980] "
            f"/ItalicAngle 0 /Ascent 905 /Descent -212 /CapHeight 716 /StemV {weight} "
            f"/FontFile2 {file} 0 R >>".encode("ascii")
        )
        used = sorted(self.used[bold])
        widths = " ".join(f"{glyph} [{_number(known.advances[glyph])}]" for glyph in used)
        inner = self._add(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /CIDToGIDMap /Identity "
            f"/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /W [{widths}] >>".encode("ascii")
        )
        unicode = self._add(self._stream("".join(self._unicode(bold)).encode("ascii")))
        return self._add(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H "
            f"/DescendantFonts [{inner} 0 R] /ToUnicode {unicode} 0 R >>".encode("ascii")
        )

    def _unicode(self, bold: bool) -> Iterator[str]:
        """Which character each glyph is, for search and copying."""
        yield UNICODE
        pairs = sorted(self.used[bold].items())
        for start in range(0, len(pairs), MOST_MAPPED):
            block = pairs[start : start + MOST_MAPPED]
            yield f"{len(block)} beginbfchar\n"
            yield from (f"<{glyph:04X}> <{_utf16(sign)}>\n" for glyph, sign in block)
            yield "endbfchar\n"
        yield "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"

    def _content(self) -> Iterator[str]:
        height = _number(self.scene.height * POINT)
        yield f"{POINT} 0 0 -{POINT} 0 {height} cm 1 j 1 J"
        whole = Rect(0, 0, self.scene.width, self.scene.height, "background")
        for item in (whole, *flat(self.scene.items)):
            match item:
                case Rect():
                    yield from self._shape(outline(item), item.role, closed=True)
                case Polygon():
                    yield from self._shape([("L", item.points)], item.role, closed=True)
                case Stroke():
                    yield from self._shape(curve(item), item.role, closed=False)
                    if item.arrow:
                        yield from self._shape([("L", arrowhead(item))], "head", closed=True)
                case Text():
                    yield self._text(item)

    def _shape(
        self, pieces: Iterable[tuple[str, tuple[Point, ...]]], role: str, *, closed: bool
    ) -> Iterator[str]:
        paint = self.paints[role]
        painted = f"{'f' if paint.fill else ''}{'S' if paint.stroke else ''}"
        operator = {"fS": "B", "f": "f", "S": "S", "": "n"}[painted]
        state = [f"{_color(paint.fill)} rg"] if paint.fill else []
        if paint.stroke:
            dash = " ".join(map(_number, paint.dash))
            state.append(f"{_color(paint.stroke)} RG {_number(paint.width)} w [{dash}] 0 d")
        yield " ".join(state)
        yield f"{' '.join(_pieces(pieces))}{' h' if closed else ''} {operator}"

    def _text(self, text: Text) -> str:
        known = font(text.bold)
        glyphs = ""
        for sign in text.text:
            sign = sign if sign in known.glyphs else "\ufffd"
            glyph = known.glyphs[sign]
            self.used[text.bold][glyph] = sign
            glyphs += f"{glyph:04X}"
        place = f"1 0 0 -1 {_number(text.left)} {_number(text.y)} Tm"
        color = _color(self.paints[text.role].fill)
        return f"BT {color} rg /F{int(text.bold)} {_number(text.size)} Tf {place} <{glyphs}> Tj ET"


def _pieces(pieces: Iterable[tuple[str, tuple[Point, ...]]]) -> Iterator[str]:
    """Lines and curves; the first point is moved to."""
    is_first = True
    for kind, points in pieces:
        if kind == "C":
            yield " ".join(f"{_number(x)} {_number(y)}" for x, y in points) + " c"
            continue
        for x, y in points:
            yield f"{_number(x)} {_number(y)} {'m' if is_first else 'l'}"
            is_first = False


def _color(color: str) -> str:
    return " ".join(_number(byte / 255) for byte in bytes.fromhex(color[1:]))


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _utf16(text: str) -> str:
    return text.encode("utf-16-be", "replace").hex().upper()


def _title(text: str) -> str:
    return f"<FEFF{_utf16(text)}>"
