"""What all formats of questions share: the page with the network, categories, answers as text."""

from html import escape

from cnncalc.homework.worksheet.quiz import Given, Quiz, QuizQuestion
from cnncalc.problems import printable
from cnncalc.render.worksheet import AXES, title


def category(quiz: Quiz) -> tuple[str, str]:
    """The network, and the variant with the student."""
    seed = "as written" if quiz.sheet.seed is None else f"variant {quiz.sheet.seed}"
    network = quiz.sheet.network.removesuffix(f", variant {quiz.sheet.seed}")
    return printable(network), printable(": ".join(part for part in (seed, quiz.sheet.student) if part))


def page(quiz: Quiz, question: QuizQuestion) -> str:
    """The network as a table, and the question, as HTML on one line."""
    rows = "".join(
        f"<tr><td>{_html(line.layer)}</td><td>{_html(line.given)}</td></tr>"
        for line in quiz.sheet.lines
        if line.given
    )
    shape = f" Write it as {order(quiz)}, without the batch." if isinstance(question.right, tuple) else ""
    return (
        f"<p>{_html(title(quiz.sheet))}. Input: {_html(quiz.sheet.input)}.</p>"
        f"<table><tr><th>layer</th><th>given</th></tr>{rows}</table>"
        f"<p><strong>{_html(question.asks)}</strong>{_html(shape)}</p>"
    )


def order(quiz: Quiz) -> str:
    """The order of the sizes of a shape: channels × height × width."""
    axes = AXES.get(quiz.sheet.input.count("×") + 1, "height × width")
    return f"channels × {axes}" if quiz.sheet.layout == "chw" else f"{axes} × channels"


def shown(value: Given) -> str:
    """An answer to read: 34,944 or 6×28×28."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else f"{value:,}"


def convention(says: str) -> str:
    """The feedback for a right answer by another convention."""
    return f"right, by another convention: {says}"


def _html(text: str) -> str:
    return escape(printable(text), quote=False)
