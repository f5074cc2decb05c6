"""Read the guide: list its topics, or print one of them."""

from typing import Annotated

import typer
from rich.console import RenderableType

from cnncalc.cli.app import is_plain
from cnncalc.cli.completion import complete_topic
from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE
from cnncalc.cli.terminal import complain
from cnncalc.guide import TOPICS, page, summary
from cnncalc.problems import did_you_mean


def guide(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC",
            help="Page to print: first-steps, spec, numbers, … Default: list them.",
            autocompletion=complete_topic,
            show_default=False,
        ),
    ] = None,
    *,
    to: Annotated[Out, Formats("text", "json", "markdown")],
) -> int:
    name = topic.lower() if topic else None
    if name is not None and name not in TOPICS:
        hint = did_you_mean(name, list(TOPICS)) or "`cnncalc guide` lists them"
        complain(f"the guide has no page '{topic}'; {hint}")
        return USAGE
    to.print(_list(to.format) if name is None else _page(name, to))
    return OK


def _list(format: str) -> RenderableType:
    from cnncalc.render.data import to_json
    from cnncalc.render.guide import topic_list, topic_markdown

    topics = {topic: summary(topic) for topic in TOPICS}
    if format == "json":
        return to_json([{"topic": topic, "summary": about} for topic, about in topics.items()])
    return topic_markdown(topics) if format == "markdown" else topic_list(topics)


def _page(topic: str, to: Out) -> RenderableType:
    """The page: its source, except in a terminal that can show headings and tables."""
    from cnncalc.render.data import to_json
    from cnncalc.render.guide import rendered_page

    if to.format == "json":
        return to_json({"topic": topic, "summary": summary(topic), "text": page(topic)})
    is_source = to.format == "markdown" or to.width is None or is_plain()
    return page(topic) if is_source else rendered_page(page(topic))
