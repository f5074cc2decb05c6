"""The width of text, from the font that figures are drawn with.

Arimo has the widths of Arial, Helvetica and Liberation Sans, so text fits on systems that have any of these.
"""

import struct
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

FAMILY = "Arimo, 'Liberation Sans', Arial, Helvetica, sans-serif"
FOLDER = Path(__file__).parent / "fonts"
FILES = {False: FOLDER / "Arimo-Regular.ttf", True: FOLDER / "Arimo-Bold.ttf"}
"""The regular and the bold font."""

ASCENT, DESCENT = 0.73, 0.21
"""Of capitals above, and of letters below the baseline, in font sizes."""


class Font:
    """The glyphs and widths of a TrueType font; widths are in thousandths of the font size."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        count = struct.unpack_from(">H", self.data, 4)[0]
        self.tables: dict[str, int] = {}
        for at in range(count):
            tag, _, offset, _ = struct.unpack_from(">4sLLL", self.data, 12 + 16 * at)
            self.tables[tag.decode("ascii")] = offset
        self.units = struct.unpack_from(">H", self.data, self.tables["head"] + 18)[0]
        self.glyphs = self._glyphs()
        self.advances = self._advances()

    def _glyphs(self) -> dict[str, int]:
        """The glyph of each character, from the table of format 4."""
        start = self.tables["cmap"]
        count = struct.unpack_from(">H", self.data, start + 2)[0]
        records = [struct.unpack_from(">HHL", self.data, start + 4 + 8 * at) for at in range(count)]
        at = start + next(offset for *_, offset in records)
        double = struct.unpack_from(">H", self.data, at + 6)[0]
        n = double // 2
        ends = struct.unpack_from(f">{n}H", self.data, at + 14)
        starts = struct.unpack_from(f">{n}H", self.data, at + 16 + double)
        deltas = struct.unpack_from(f">{n}H", self.data, at + 16 + 2 * double)
        offsets_at = at + 16 + 3 * double
        offsets = struct.unpack_from(f">{n}H", self.data, offsets_at)
        found: dict[str, int] = {}
        for i, (first, last, delta, offset) in enumerate(zip(starts, ends, deltas, offsets, strict=True)):
            for code in range(first, min(last, 0xFFFE) + 1):
                glyph = code + delta
                if offset:
                    place = offsets_at + 2 * i + offset + 2 * (code - first)
                    glyph = struct.unpack_from(">H", self.data, place)[0]
                found[chr(code)] = glyph & 0xFFFF
        return found

    def _advances(self) -> tuple[float, ...]:
        """The width of each glyph."""
        count = struct.unpack_from(">H", self.data, self.tables["hhea"] + 34)[0]
        pairs = struct.unpack_from(f">{2 * count}H", self.data, self.tables["hmtx"])
        return tuple(advance * 1000 / self.units for advance in pairs[::2])

    def has(self, text: str) -> bool:
        """Whether the font has every character of a text."""
        return all(character in self.glyphs for character in text)

    def width(self, character: str) -> float:
        """The width of a character; for one that the font lacks, of an average one of its script."""
        glyph = self.glyphs.get(character)
        if glyph is not None:
            return self.advances[min(glyph, len(self.advances) - 1)]
        if unicodedata.combining(character):
            return 0
        return 1000 if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0xFFFF else 700


@cache
def font(bold: bool = False) -> Font:
    """The regular or the bold font."""
    return Font(FILES[bold])


@cache
def width(text: str, size: float, bold: bool = False) -> float:
    """The width of a line of text.

    >>> round(width("conv", 12), 1)
    25.3
    """
    measured = font(bold)
    return sum(map(measured.width, text)) * size / 1000


def fitted(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, shortened to `room` from the left: the end of a layer's name tells most about it.

    >>> fitted("stage1.0.add.residual.conv1", 80, 10)
    '…residual.conv1'
    """
    if width(text, size, bold) <= room:
        return text
    return "…" + text[len(text) - _most(reversed(text), room, size, bold) :].lstrip(".")


def cut(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, shortened to `room` from the right.

    >>> cut("conv 3×3, 64, dilation 2", 80, 10)
    'conv 3×3, 64, d…'
    """
    if width(text, size, bold) <= room:
        return text
    return text[: _most(text, room, size, bold)] + "…"


def _most(characters: Iterable[str], room: float, size: float, bold: bool) -> int:
    """How many characters fit beside an ellipsis."""
    left = room * 1000 / size - font(bold).width("…")
    for count, character in enumerate(characters):
        left -= font(bold).width(character)
        if left < 0:
            return count
    return 0
