"""Questions as QTI 1.2 in a zip file, as Canvas imports it: multiple choice with feedback on each answer.

Canvas reads every condition of a numerical question as an accepted answer, so wrong numbers with feedback
are only possible as choices.
"""

import io
import zipfile
from collections.abc import Sequence
from html import escape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from cnncalc.homework.worksheet.quiz import Quiz, QuizQuestion
from cnncalc.render.quiz.common import category, page, shown

CHOICES = 4
"""Number of choices where none is given."""
QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
CONTENT = "http://www.imsglobal.org/xsd/imscp_v1p1"
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of the files in the zip, so that the same questions give the same bytes."""


def qti(quizzes: Sequence[Quiz], choices: int = CHOICES) -> bytes:
    """A zip file with an assessment for each quiz."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        names = [f"quiz-{number:04}" for number in range(1, len(quizzes) + 1)]
        for name, quiz in zip(names, quizzes, strict=True):
            _add(archive, f"{name}/{name}.xml", _assessment(name, quiz, choices or CHOICES))
        _add(archive, "imsmanifest.xml", _manifest(names))
    return data.getvalue()


def _add(archive: zipfile.ZipFile, name: str, root: Element) -> None:
    ElementTree.indent(root)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'
    archive.writestr(zipfile.ZipInfo(name, LONG_AGO), text, zipfile.ZIP_DEFLATED)


def _manifest(names: list[str]) -> Element:
    root = Element("manifest", identifier="cnncalc", xmlns=CONTENT)
    metadata = SubElement(root, "metadata")
    SubElement(metadata, "schema").text = "IMS Content"
    SubElement(metadata, "schemaversion").text = "1.1.3"
    SubElement(root, "organizations")
    resources = SubElement(root, "resources")
    for name in names:
        path = f"{name}/{name}.xml"
        resource = SubElement(resources, "resource", identifier=name, type="imsqti_xmlv1p2", href=path)
        SubElement(resource, "file", href=path)
    return root


def _assessment(name: str, quiz: Quiz, choices: int) -> Element:
    root = Element("questestinterop", xmlns=QTI)
    assessment = SubElement(root, "assessment", ident=name, title=", ".join(category(quiz)))
    section = SubElement(assessment, "section", ident="root_section")
    for question in quiz.questions:
        _item(section, f"{name}-{question.key}", quiz, question, choices)
    return root


def _item(section: Element, ident: str, quiz: Quiz, question: QuizQuestion, count: int) -> None:
    item = SubElement(section, "item", ident=ident, title=question.key)
    fields = SubElement(SubElement(item, "itemmetadata"), "qtimetadata")
    for label, entry in (("question_type", "multiple_choice_question"), ("points_possible", "1")):
        field = SubElement(fields, "qtimetadatafield")
        SubElement(field, "fieldlabel").text = label
        SubElement(field, "fieldentry").text = entry
    choices = [
        (f"answer{number}", shown(value), says)
        for number, (value, says) in enumerate(question.choices(count, quiz.sheet.seed), start=1)
    ]
    presentation = SubElement(item, "presentation")
    _material(presentation, page(quiz, question), "text/html")
    response = SubElement(presentation, "response_lid", ident="response1", rcardinality="Single")
    render = SubElement(response, "render_choice")
    for answer, text, _ in choices:
        _material(SubElement(render, "response_label", ident=answer), text, "text/plain")
    _processing(item, choices)
    for answer, _, says in choices:
        if says:
            feedback = SubElement(item, "itemfeedback", ident=f"{answer}_fb")
            _material(SubElement(feedback, "flow_mat"), escape(says, quote=False), "text/html")


def _processing(item: Element, choices: list[tuple[str, str, str]]) -> None:
    """The feedback of each wrong choice, and the score of the right one."""
    processing = SubElement(item, "resprocessing")
    score = {"maxvalue": "100", "minvalue": "0", "varname": "SCORE", "vartype": "Decimal"}
    SubElement(SubElement(processing, "outcomes"), "decvar", score)
    for answer, _, says in sorted(choices, key=lambda choice: not choice[2]):
        condition = SubElement(processing, "respcondition", {"continue": "Yes" if says else "No"})
        chosen = SubElement(SubElement(condition, "conditionvar"), "varequal", respident="response1")
        chosen.text = answer
        if says:
            SubElement(condition, "displayfeedback", feedbacktype="Response", linkrefid=f"{answer}_fb")
        else:
            SubElement(condition, "setvar", action="Set", varname="SCORE").text = "100"


def _material(parent: Element, text: str, kind: str) -> None:
    SubElement(SubElement(parent, "material"), "mattext", texttype=kind).text = text
