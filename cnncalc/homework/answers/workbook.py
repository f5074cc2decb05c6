"""Excel workbooks (.xlsx): the cells of their sheets as tables.

They are hostile input: what is read is bounded, and document types with entities are refused.
"""

import re
import zipfile
from io import BytesIO
from xml.etree import ElementTree

from cnncalc.homework.answers.tables import Table
from cnncalc.spec.files import MAX_BYTES, unreadable

SHEET = re.compile(r"xl/worksheets/sheet([0-9]{1,4})\.xml")
STRINGS = "xl/sharedStrings.xml"
MOST_SHEETS, MOST_CELLS, MOST_COLUMNS = 20, 200_000, 1_000
"""The most sheets, cells and columns that are read."""
SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive that is not an Excel workbook",
    b"PK\x05\x06": "an empty ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"\xff\xd8\xff": "an image",
    b"{\\rtf": "a Word file in RTF",
}
"""What else is handed in, by the first bytes of the file."""
MEMBERS = {"word/document.xml": "a Word file", "content.xml": "an OpenDocument file"}
"""What a ZIP archive is, by a file in it."""
SAVE_AS = "save the table as CSV (in Excel: File > Save As > CSV UTF-8) or as .xlsx"
NAMESPACE = re.compile(r"^\{[^}]*\}")


def is_container(data: bytes) -> bool:
    """Whether the bytes are those of an office file, not of text."""
    return data.startswith(tuple(SIGNATURES))


def workbook_tables(data: bytes, name: str) -> list[Table]:
    """The tables of a workbook, one for each sheet.

    Raises:
        UnreadableError: it is another office file, damaged, or too large.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            names = [each for each in archive.namelist()[:10_000] if SHEET.fullmatch(each)]
            if not names:
                found = next((says for each, says in MEMBERS.items() if each in archive.namelist()), "")
                raise _other(data, name, found)
            names.sort(key=lambda each: int(SHEET.fullmatch(each)[1]))  # type: ignore[index]
            strings = _strings(archive, name) if STRINGS in archive.namelist() else []
            return [_table(_xml(archive, each, name), strings) for each in names[:MOST_SHEETS]]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _other(data, name) from None
    except (ElementTree.ParseError, UnicodeDecodeError, ValueError):
        raise unreadable(name, "the workbook is damaged", SAVE_AS) from None


def _other(data: bytes, name: str, found: str = "") -> Exception:
    found = found or next(
        (says for start, says in SIGNATURES.items() if data.startswith(start)), "no workbook"
    )
    return unreadable(name, f"expected an Excel workbook or text, found {found}", SAVE_AS)


def _xml(archive: zipfile.ZipFile, member: str, name: str) -> ElementTree.Element:
    """The XML of a member; document types are refused, because entities can expand without end."""
    with archive.open(member) as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise unreadable(name, f"the workbook has more than {MAX_BYTES // 10**6} MB in one sheet", SAVE_AS)
    text = data.decode("utf-8-sig")
    if "<!" in re.sub(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", "", text, flags=re.DOTALL):
        raise ValueError("a document type")
    return ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))


def _strings(archive: zipfile.ZipFile, name: str) -> list[str]:
    return [_text(item) for item in _named(_xml(archive, STRINGS, name), "si")]


def _named(element: ElementTree.Element, tag: str) -> list[ElementTree.Element]:
    return [each for each in element.iter() if NAMESPACE.sub("", each.tag) == tag]


def _text(element: ElementTree.Element) -> str:
    """The text of a string, which may be in several runs; phonetic guides are not part of it."""
    guides = {id(text) for guide in _named(element, "rPh") for text in _named(guide, "t")}
    return "".join(text.text or "" for text in _named(element, "t") if id(text) not in guides)


def _table(sheet: ElementTree.Element, strings: list[str]) -> Table:
    table: Table = []
    read = 0
    for place, row in enumerate(_named(sheet, "row"), start=1):
        cells: dict[int, str] = {}
        for at, cell in enumerate(_named(row, "c")):
            column = _column(cell.get("r", ""), at)
            read += 1
            if column < MOST_COLUMNS and read <= MOST_CELLS:
                cells[column] = _value(cell, strings)
        if any(text.strip() for text in cells.values()):
            number = row.get("r", "")
            line = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else place
            table.append((line, [cells.get(at, "") for at in range(max(cells) + 1)]))
    return table


def _column(reference: str, otherwise: int) -> int:
    """The number of a column from 0: B3 is 1."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return otherwise
    number = 0
    for letter in letters[0]:
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1


def _value(cell: ElementTree.Element, strings: list[str]) -> str:
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    values = _named(cell, "v")
    text = (values[0].text or "").strip() if values else ""
    if kind == "s":
        at = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else len(strings)
        return strings[at] if at < len(strings) else ""
    return _number(text) if kind == "n" and text else text


def _number(text: str) -> str:
    """A number without the noise of binary fractions; a zero in front keeps 48.125 from being 48 thousand."""
    shown = f"{float(text):.15g}"
    return f"0{shown}" if re.fullmatch(r"[1-9][0-9]{0,2}\.[0-9]{3}", shown) else shown
