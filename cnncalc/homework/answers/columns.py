"""What the columns of a table mean: a header under any title, in several languages, over one or two rows."""

import re
from itertools import zip_longest

from msgspec import Struct

from cnncalc.homework.answers.answer import AnswerError, unaccented, written
from cnncalc.homework.answers.tables import Table
from cnncalc.homework.quantities import Answerable, quantity_of

STUDENT = (
    "student students student_id student_name studentid id id_number sis_id email email_address"
    " e_mail sid who"
    " matriculation matrikelnummer matrikel username user full_name schuler studierende etudiant"
    " alumno estudiante"
)
FIRST_NAME = "first_name given_name forename vorname prenom nombre_de_pila"
LAST_NAME = "last_name surname family_name nachname apellido apellidos nom_de_famille"
LAYER = (
    "layer layers layer_name name_of_layer name_of_the_layer block module schicht ebene lage"
    " schichtname couche capa"
    " nom_de_la_couche nombre_de_la_capa"
)
QUESTION = "question key item frage aufgabe pregunta questions quantity grosse"
ANSWER = (
    "answer value response your_answer result antwort wert ergebnis losung reponse valeur resultat respuesta"
    " valor resultado solution"
)
NUMBER = "no nr number index nummer numero num n #"
TYPE = "type kind layer_type type_of_layer operation typ schichttyp art tipo"
GIVEN = (
    "options given note notes points line inputs comment comments formula filters filter kernel"
    " kernels kernel_size"
    " stride strides activation activation_function act description remark remarks"
    " hyperparameters connected_to"
    " settings working calculation calculations workings explanation rechnung rechenweg"
    " begrundung kernelgrosse"
    " filtergrosse schrittweite bemerkung calcul remarque calculo explicacion nota param_details depth_idx"
    " filter_size number_of_filters timestamp date time state started_on completed time_taken grade"
)
"""Columns without answers."""
ROLES = {
    word: role
    for role, words in (
        ("student", STUDENT),
        ("first", FIRST_NAME),
        ("last", LAST_NAME),
        ("layer", LAYER),
        ("question", QUESTION),
        ("answer", ANSWER),
        ("number", NUMBER),
        ("type", TYPE),
        ("given", GIVEN),
    )
    for word in words.split()
}
ABOUT_THE_STUDENT = ("layout", "variant")
"""Columns that say something about the student's sheet."""
MOST_TITLES = 60
"""Most lines above a header."""
SEPARATORS = re.compile(r"[.:/ _-]+")
LAYOUT_OF = {"hwc": "hwc", "nhwc": "hwc", "whc": "hwc", "chw": "chw", "nchw": "chw"}


class Heading(Struct, frozen=True):
    """The heading of a column: its title, its role, and whether the title is understood."""

    title: str
    role: str = "answers"
    layout: str = ""
    is_known: bool = True


def word_of(title: str) -> str:
    """A title as a word with underscores: `Layer (type)` is `layer`."""
    plain = unaccented(title).lower().replace("\u00df", "ss").strip()
    bare = re.sub(r"\((type|typ|kind|name)\)", "", plain).strip()
    return "#" if bare == "#" else re.sub(r"[^a-z0-9]+", "_", bare).strip("_")


def heading_of(title: str) -> Heading:
    """Read the title of a column.

    >>> heading_of("Layer (type)").role, heading_of("Output (HxWxC)").layout, heading_of("Foo").is_known
    ('layer', 'hwc', False)
    """
    title = title.replace("*", "").strip()
    word = word_of(title)
    if not word or word in ABOUT_THE_STUDENT:
        return Heading(title, word or "empty")
    if word in ROLES or word == "name":
        return Heading(title, ROLES.get(word, "name"))
    found = re.search(r"[(\[]\s*([a-z](?:\s*[x×*,]?\s*[a-z]){2,3})\s*[)\]]", title.lower())
    letters = re.sub("[^a-z]", "", found[1].replace("x", "").replace("×", "")) if found else ""
    layout = LAYOUT_OF.get(letters.replace("d", "c"), "")
    return Heading(title, "answers", layout, asked_by(title) is not None)


def asked_by(title: str) -> Answerable | None:
    """The quantity that a title is or ends with: `conv1.output`, `Q3: conv1 params`."""
    ends = (found.end() for found in SEPARATORS.finditer(title))
    starts = (0, *(end for end in ends if re.search("[A-Za-z]", title[:end])))
    if _is_answer(title):
        return None
    return next((found[0] for start in starts if (found := quantity_of(title[start:])) is not None), None)


def _is_answer(title: str) -> bool:
    """Whether a cell is an answer, such as `0 values` or `27x27, 96 channels`."""
    if not re.search("[0-9]", title):
        return False
    try:
        return bool(written(title))
    except AnswerError:
        return False


class Header(Struct, frozen=True):
    """The header of a table: its columns, and where the rows below it start."""

    columns: tuple[Heading, ...]
    start: int

    def at(self, role: str) -> int | None:
        """The first column of a role."""
        return next((at for at, column in enumerate(self.columns) if column.role == role), None)

    @property
    def width(self) -> int:
        """The number of columns up to the last one with a title."""
        return max((at + 1 for at, column in enumerate(self.columns) if column.role != "empty"), default=1)

    @property
    def understood(self) -> int:
        """The number of columns whose title is understood."""
        return sum(column.is_known and column.role != "empty" for column in self.columns)


def header_of(table: Table) -> Header | None:
    """The header of a table; None if no row looks like one."""
    for at, (_, row) in enumerate(table[:MOST_TITLES]):
        columns = tuple(map(heading_of, row))
        header = Header(columns, at + 1)
        filled = sum(column.role != "empty" for column in columns)
        roles = {column.role for column in columns if column.is_known}
        has_answers = "answers" in roles or {"question", "answer"} <= roles
        if has_answers and header.understood >= 2 and 2 * header.understood >= filled:
            return _with_names(_with_second_row(table, header))
    return None


def _with_second_row(table: Table, header: Header) -> Header:
    """A header over two rows: cells of the first are merged over those below."""
    if header.start >= len(table):
        return header
    _, below = table[header.start]
    subs = [heading_of(text) for text in below]
    filled = [sub for sub in subs if sub.role != "empty"]
    if not filled or not all(sub.is_known and not re.search("[0-9]", sub.title) for sub in filled):
        return header
    columns, over = [], ""
    for top, sub in zip_longest(header.columns, subs, fillvalue=Heading("", "empty")):
        over = top.title or over
        if sub.role == "empty":
            columns.append(top)
            continue
        both = f"{over} {sub.title}"
        columns.append(sub if quantity_of(both) is None else heading_of(both))
    return Header(tuple(columns), header.start + 1)


def _with_names(header: Header) -> Header:
    """The header with its columns `name` and `type` taken as layers or students."""
    roles = {column.role for column in header.columns}
    answers = [column for column in header.columns if column.role == "answers"]
    are_layers = "layer" not in roles and "question" not in roles
    are_layers = are_layers and all(quantity_of(column.title) is not None for column in answers)
    name = "layer" if are_layers and bool(answers) else "name"
    kind = "layer" if are_layers and "name" not in roles else "given"
    columns = []
    for column in header.columns:
        role = {"name": name if name == "layer" else "student", "type": kind}.get(column.role, column.role)
        columns.append(Heading(column.title, role, column.layout, column.is_known))
    return Header(tuple(columns), header.start)


def transposed(table: Table) -> Table:
    """A table with its rows and columns exchanged; every row has the line of the first."""
    rows = [row for _, row in table]
    return [(table[0][0], list(row)) for row in zip_longest(*rows, fillvalue="")] if table else []
