"""The guide in a terminal: the list of its topics, and a page."""

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text


def topic_list(topics: Mapping[str, str]) -> RenderableType:
    """A line for each topic."""
    body = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    body.add_column(no_wrap=True, style="cyan")
    body.add_column()
    for topic, about in topics.items():
        body.add_row(topic, about)
    return Group(body, Text("\n`cnncalc guide TOPIC` prints a page."))


def topic_markdown(topics: Mapping[str, str]) -> str:
    """A list with links to the pages."""
    return "".join(f"- [{topic}]({topic}.md): {about}\n" for topic, about in topics.items())


def rendered_page(text: str) -> RenderableType:
    """A page with headings, tables and highlighted code."""
    return Markdown(text, code_theme="ansi_dark", hyperlinks=False)
