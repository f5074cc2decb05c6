"""Student answers: numbers and shapes, the questions they answer, and sheets in any format."""

from cnncalc.homework.answers.answer import LAYOUTS, AnswerError, Number, Written, written
from cnncalc.homework.answers.decimals import DECIMALS, decimal_of, in_points, is_open
from cnncalc.homework.answers.entries import Entry, Sheet
from cnncalc.homework.answers.files import (
    NOT_ASKED,
    decoded,
    is_worksheet,
    sheets,
    sheets_of_bytes,
    sheets_of_file,
    text_of,
)
from cnncalc.homework.answers.names import Asked, Names, NameUnknownError
from cnncalc.homework.answers.workbook import is_container, workbook_tables

__all__ = [
    "DECIMALS",
    "LAYOUTS",
    "NOT_ASKED",
    "AnswerError",
    "Asked",
    "Entry",
    "NameUnknownError",
    "Names",
    "Number",
    "Sheet",
    "Written",
    "decimal_of",
    "decoded",
    "in_points",
    "is_container",
    "is_open",
    "is_worksheet",
    "sheets",
    "sheets_of_bytes",
    "sheets_of_file",
    "text_of",
    "workbook_tables",
    "written",
]
