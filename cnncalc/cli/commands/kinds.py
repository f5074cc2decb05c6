"""List layer kinds, or document one of them."""

from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import to_builtins
from rich.console import RenderableType

from cnncalc.cli.output import Formats, Out
from cnncalc.cli.reading import OK, USAGE
from cnncalc.cli.terminal import complain
from cnncalc.problems import did_you_mean

if TYPE_CHECKING:
    from cnncalc.render.kinds import Page


def _complete(incomplete: str) -> list[str]:
    return [name for name in _known() if name.startswith(incomplete)]


def _known() -> list[str]:
    """Completes layer kinds and built-in blocks."""
    from cnncalc.layers import BY_NAME
    from cnncalc.spec.vocabulary import EXPANDING

    return [*BY_NAME, *EXPANDING]


def kinds(
    kind: Annotated[
        str | None,
        typer.Argument(
            metavar="KIND",
            help="Layer kind under any name: conv, Conv2d, Conv2DTranspose.",
            autocompletion=_complete,
            show_default=False,
        ),
    ] = None,
    *,
    to: Annotated[Out, Formats("text", "json", "markdown")],
) -> int:
    # imported here to keep the help fast
    from cnncalc.cli.kind_pages import page_of
    from cnncalc.spec.mistakes import in_other_words

    if kind is None and to.format == "markdown":
        complain("--format markdown requires a kind: cnncalc kinds conv --format markdown")
        return USAGE
    if kind is None:
        to.print(_listed(to.format))
        return OK
    page = page_of(kind)
    if page is None:
        hint = in_other_words(kind) or did_you_mean(kind, _known())
        hint = hint or "`cnncalc kinds` lists them"
        complain(f"unknown kind of layer '{kind}'; {hint}")
        return USAGE
    to.print(_rendered(page, to.format))
    return OK


def _listed(format: str) -> RenderableType:
    from cnncalc.cli.kind_pages import families
    from cnncalc.render.data import to_json
    from cnncalc.render.kinds import kinds_list

    listed = families()
    if format == "text":
        return kinds_list(listed)
    return to_json([to_builtins(entry) for entries in listed.values() for entry in entries])


def _rendered(page: "Page", format: str) -> RenderableType:
    from cnncalc.render.data import to_json
    from cnncalc.render.kinds import kind_data, kind_markdown, kind_page

    if format == "json":
        return to_json(kind_data(page))
    return kind_markdown(page) if format == "markdown" else kind_page(page)
